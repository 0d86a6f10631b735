import type { Stored } from "../../api/objects/kinds.ts";
import { createChecksCache, isUpToDate, type ReportContext } from "../../core/report/post/pending.ts";
import { type ReportPlan, unreportedVerdict } from "../../core/report/post/plan.ts";
import { GitHubError } from "../../github/github.ts";
import { createWorkqueue, type Workqueue } from "../../store/queue/workqueue.ts";
import { createCache, isSameSpec } from "../../store/watch/cache.ts";
import { applyReport } from "./apply.ts";
import { createLogWaits, observeReport } from "./observe.ts";
import { createPauses, lacksAccess, type Pauses, reporterPauseOf } from "./pauses.ts";
import type { ReporterWorld } from "./world.ts";

/** Builds reported in parallel. GitHub recommends serial writes, and throttles more. */
const concurrency = 4;
/** Retry interval of a pool without a credential. */
const credentialRetry = 60_000;
const verdictPriority = 10;

/**
 * Publishes the state of Builds on GitHub until `signal` aborts. Its only memory is `status.reported`: it may crash
 * between any two steps, and its writes are idempotent. Several changes of a Build make one write. Verdicts go before
 * pending statuses. A failed write is retried until GitHub accepts or permanently refuses it.
 */
export async function runReporter(world: ReporterWorld, signal: AbortSignal): Promise<void> {
  const { clock, log, store } = world;
  const waits = createLogWaits(clock);
  const pauses = createPauses(clock);
  const queue = createWorkqueue({
    clock,
    concurrency,
    handle: report,
    onError: (build, error, retryInMs) =>
      log.warn(
        { build, error: String(error), retryInMs: Math.round(retryInMs) },
        "could not report a build to GitHub; retrying",
      ),
    backoff: { firstMs: 1000, maxMs: 300_000 },
  });
  const builds = createCache(store, "Build", {
    signal,
    onChange({ type, object }) {
      if (type === "Deleted") waits.forget(object.metadata.name);
      else enqueue(queue, object);
    },
  });
  const pools = createCache(store, "BuilderPool", {
    signal,
    onChange: (change, before) => {
      if (isSameSpec(change, before)) return; // the pool's status changes with every build, and no report depends on it
      const { name } = change.object.metadata;
      for (const build of builds.list()) if (build.spec.pool === name) enqueue(queue, build);
    },
  });
  const builders = createCache(store, "Builder", {
    signal,
    onChange: ({ object: { status } }) => {
      const build = builds.get(status?.building?.build ?? "");
      if (build !== undefined) enqueue(queue, build);
    },
  });
  const context: ReportContext = {
    pool: (name) => pools.get(name),
    checks: createChecksCache(),
    builder: (name) => builders.get(name),
  };

  async function report(name: string): Promise<number | undefined> {
    const cached = builds.get(name);
    if (cached === undefined || isUpToDate(observeReport(cached, context, waits))) return undefined;
    // The cache may lag behind our own last write, so the report is planned on a fresh read.
    const build = await store.get("Build", name);
    if (build === undefined) return undefined;
    const plan = observeReport(build, context, waits);
    if (plan.wait !== undefined) return plan.wait;
    return isUpToDate(plan) ? undefined : await publish(world, context, pauses, build, plan, signal);
  }

  try {
    await Promise.all([builds.synced, pools.synced, builders.synced]);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await queue.run(signal);
}

function enqueue(queue: Workqueue, build: Stored<"Build">): void {
  queue.add(build.metadata.name, unreportedVerdict(build) === undefined ? {} : { priority: verdictPriority });
}

/** Writes one plan unless writes to the repository are paused. Returns the time to the next attempt in milliseconds. */
async function publish(
  world: ReporterWorld,
  context: ReportContext,
  pauses: Pauses,
  build: Stored<"Build">,
  { status, comment }: ReportPlan,
  signal: AbortSignal,
): Promise<number> {
  const { pool: poolName, repository } = build.spec;
  const pool = context.pool(poolName);
  const github = pool && world.github(pool);
  if (github === undefined) return credentialRetry;
  const all = `${poolName} ${repository}`;
  // A missing right to comment must not delay statuses, so comments have a pause of their own.
  const parts = [
    ...(status === undefined ? [] : [{ gate: all, plan: { status } }]),
    ...(comment === undefined ? [] : [{ gate: `${all} comments`, plan: { comment } }]),
  ];
  for (const { gate, plan } of parts) {
    const left = Math.max(pauses.left(all), pauses.left(gate));
    if (left > 0) return left;
    try {
      await applyReport(world, github, build, plan, signal);
      world.refusals.allow(poolName, gate);
    } catch (error) {
      const pauseMs = reporterPauseOf(error, world.clock.now());
      if (pauseMs === undefined) throw error;
      const isAccess = error instanceof GitHubError && lacksAccess(error);
      if (isAccess) world.refusals.refuse(poolName, gate, error.message);
      pauses.begin(isAccess ? gate : all, pauseMs);
      world.log.error(
        { pool: poolName, repository, error: String(error), pauseMs },
        "GitHub refuses writes to the repository; reports wait for the pause and are then retried",
      );
      return pauseMs;
    }
  }
  return 0;
}
