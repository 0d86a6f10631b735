import type { Stored } from "../../api/objects/kinds.ts";
import { createChecksCache, isUpToDate, type ReportContext } from "../../core/report/post/pending.ts";
import { type ReportPlan, unreportedVerdict } from "../../core/report/post/plan.ts";
import { GitHubError } from "../../github/github.ts";
import { createWorkqueue, type Workqueue } from "../../store/queue/workqueue.ts";
import { createCache, isSameSpec } from "../../store/watch/cache.ts";
import { applyReport } from "./apply.ts";
import { createLogWaits, observeReport } from "./observe.ts";
import { createPauses, type Pauses, reporterPauseOf } from "./pauses.ts";
import type { ReporterWorld } from "./world.ts";

/** Builds reported at once; GitHub wants writes one after the other, and throttles more. */
const concurrency = 4;
/** How often a pool whose credential is missing is looked at again. */
const lookAgain = 60_000;
const verdictPriority = 10;

/**
 * Brings what Builds say to GitHub, until `signal` aborts. It remembers nothing: what GitHub has stands in `status.reported`, so it
 * may die between any two steps, and what it does twice GitHub sees once. Of several changes the last one is written, verdicts
 * before announcements; a failed write is tried again until GitHub has it or refuses it for good.
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
      log.warn({ build, error: String(error), retryInMs: Math.round(retryInMs) }, "report failed, trying again"),
    backoff: { firstMs: 1000, maxMs: 300_000 },
  });
  const builds = createCache(store, "Build", {
    signal,
    onChange({ type, object }) {
      if (type === "Deleted") waits.forget(object.metadata.name);
      else want(queue, object);
    },
  });
  const pools = createCache(store, "BuilderPool", {
    signal,
    onChange: (change, before) => {
      if (isSameSpec(change, before)) return; // its status changes with every build, and says nothing that GitHub is told
      const { name } = change.object.metadata;
      for (const build of builds.list()) if (build.spec.pool === name) want(queue, build);
    },
  });
  const builders = createCache(store, "Builder", {
    signal,
    onChange: ({ object: { status } }) => {
      const build = builds.get(status?.building?.build ?? "");
      if (build !== undefined) want(queue, build);
    },
  });
  const around: ReportContext = {
    pool: (name) => pools.get(name),
    checks: createChecksCache(),
    builder: (name) => builders.get(name),
  };

  async function report(name: string): Promise<number | undefined> {
    const seen = builds.get(name);
    if (seen === undefined || isUpToDate(observeReport(seen, around, waits))) return undefined;
    // The cache may lag behind our own last write: what goes to GitHub is planned on the object as it is.
    const build = await store.get("Build", name);
    if (build === undefined) return undefined;
    const plan = observeReport(build, around, waits);
    if (plan.wait !== undefined) return plan.wait;
    return isUpToDate(plan) ? undefined : await publish(world, around, pauses, build, plan, signal);
  }

  try {
    await Promise.all([builds.synced, pools.synced, builders.synced]);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await queue.run(signal);
}

function want(queue: Workqueue, build: Stored<"Build">): void {
  queue.add(build.metadata.name, unreportedVerdict(build) === undefined ? {} : { priority: verdictPriority });
}

/** Writes one plan, unless GitHub takes no writes to the repository now. Returns when to look again, in milliseconds. */
async function publish(
  world: ReporterWorld,
  around: ReportContext,
  pauses: Pauses,
  build: Stored<"Build">,
  { status, comment }: ReportPlan,
  signal: AbortSignal,
): Promise<number> {
  const { pool: poolName, repository } = build.spec;
  const pool = around.pool(poolName);
  const github = pool && world.github(pool);
  if (github === undefined) return lookAgain;
  const all = `${poolName} ${repository}`;
  // A right to comment that is missing holds no verdict back.
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
      const isRight = error instanceof GitHubError && error.code === "Unauthorized";
      if (isRight) world.refusals.refuse(poolName, gate, error.message);
      pauses.begin(isRight ? gate : all, pauseMs);
      world.log.error(
        { pool: poolName, repository, error: String(error), pauseMs },
        "GitHub takes no writes: reports wait",
      );
      return pauseMs;
    }
  }
  return 0;
}
