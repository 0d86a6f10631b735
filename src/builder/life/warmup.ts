import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { fromSources } from "../../core/definitions/alibuild.ts";
import { timestamp } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { Brain } from "../brain.ts";
import { prepareOrder, remoteOf, type Task } from "../work/order.ts";
import { recordRefresh } from "../work/refresh.ts";
import { BuilderFault, judgeBase } from "./baseFault.ts";
import { makeRoom } from "./housekeeping.ts";

const backoff = { firstMs: 10_000, maxMs: 5 * 60_000 };
/**
 * Least milliseconds between two progress times of one build. A short warm-up timeout of the pool shortens it to a
 * quarter of it.
 */
const progressSpacing = 5 * 60_000;

interface Step {
  /** What the step does, for people, such as `Fetching alisw/alidist`. */
  readonly doing: string;
  /**
   * Runs the step. Returns a message for a failure that does not stop the warm-up. Throws when the step must be
   * retried. Events before `progressFrom`, on the monotonic clock, do not count as progress.
   */
  run(signal: AbortSignal, progressFrom: number): Promise<string | undefined>;
}

/** Progress of the warm-up, as the status shows it. */
interface Progress {
  readonly done: number;
  readonly total: number;
  readonly failures: readonly string[];
}

/**
 * Fetches the mirrors, runs the self-tests and builds base branches, as the pool declares. Retries infrastructure
 * failures until they pass. A base branch that does not compile still warms the cache, so the warm-up continues.
 * Rejects with the reason of `signal`.
 */
export async function warmUp(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const steps = stepsOf(brain, pool);
  const total = steps.length;
  const lasting: string[] = [];
  for (const [done, step] of steps.entries()) {
    const message = await runStep(brain, pool, step, { done, total, failures: lasting }, signal);
    if (message !== undefined) lasting.push(message);
  }
  reportProgress(brain, { done: total, total, failures: lasting });
  brain.setNote("warmup", lasting.length === 0 ? undefined : lasting.join("; "));
}

/**
 * Runs a step until it works. A retry counts as progress only after the duration of the longest failed try. So a stuck
 * step shows none.
 */
async function runStep(
  brain: Brain,
  pool: BuilderPool,
  { doing, run }: Step,
  { failures, ...progress }: Progress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { clock, log, name } = brain.world;
  reportProgress(brain, { ...progress, doing, failures });
  let longest = Number.NEGATIVE_INFINITY;
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = clock.monotonic();
    try {
      return await run(signal, startedAt + longest);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BuilderFault) throw error;
      longest = Math.max(longest, clock.monotonic() - startedAt);
      const failure = `${doing}: ${messageOf(error)}`;
      log.warn({ builder: name, step: doing, error: failure }, "warm-up step failed; retrying");
      const { progressAt } = brain.status.get().warmup ?? {};
      const again = { ...progress, failures: [...failures, failure], ...(progressAt !== undefined && { progressAt }) };
      await makeRoom(brain, pool, signal).catch((reason: unknown) =>
        log.warn({ builder: name, error: messageOf(reason) }, "the disk cannot be cleaned; the next try follows"),
      );
      const pause = backoffDelay(backoff, attempt);
      reportProgress(brain, { ...again, doing, retryAt: new Date(clock.now() + pause).toISOString() });
      await clock.sleep(pause, signal);
      reportProgress(brain, { ...again, doing });
    }
  }
}

/**
 * Runs the self-test for every aliBuild version, compiler and environment of the checks, in both cells. Returns the
 * first failure, undefined when all pass.
 */
export async function selfTest(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<string | undefined> {
  for (const check of onePerToolChain(brain.checks())) {
    try {
      for (const cell of ["base", "build"] as const)
        await runTask(brain, pool, { task: "selftest", cell, check }, signal);
    } catch (error) {
      signal.throwIfAborted();
      return messageOf(error);
    }
  }
  return undefined;
}

function stepsOf(brain: Brain, pool: BuilderPool): readonly Step[] {
  const checks = brain.checks();
  const repositories = new Map(
    checks.flatMap((check) =>
      check.developmentPackages.map((source) => [`${source.repository} ${source.branch ?? ""}`, { source, check }]),
    ),
  );
  const fetches = [...repositories.values()].map(({ source, check }) => fetchStep(brain, pool, source, check));
  const tests = onePerToolChain(checks).map((check) => cellStep(brain, pool, "selftest", check));
  const builds = { All: checks, First: checks.slice(0, 1), None: [] }[pool.spec.warmup.builds];
  return [...fetches, ...tests, ...builds.map((check) => cellStep(brain, pool, "warmup", check))];
}

function fetchStep(
  { world }: Brain,
  pool: BuilderPool,
  { repository, branch }: ResolvedCheck["developmentPackages"][number],
  check: ResolvedCheck,
): Step {
  return {
    doing: `Fetching ${repository}`,
    async run(signal) {
      const timeoutMs = milliseconds(check.timeouts.command);
      await world.mirrors.fetch({ ...remoteOf(pool), repository, ...(branch && { branch }), timeoutMs }, signal);
      return undefined;
    },
  };
}

function cellStep(brain: Brain, pool: BuilderPool, task: "selftest" | "warmup", check: ResolvedCheck): Step {
  const doing =
    task === "selftest" ? `Testing aliBuild ${check.tool.alibuild}` : `Building ${check.branch} for ${check.name}`;
  return {
    doing,
    async run(signal, progressFrom) {
      const at = timestamp(brain.world.clock);
      const { outcome, order } = await runTask(brain, pool, { task, check }, signal, progressFrom);
      if (task === "warmup") await judgeBase(brain, order, outcome, at);
      return outcome.compiled === false ? `${check.branch} does not compile for ${check.name}` : undefined;
    },
  };
}

/** Runs one order. Throws an Error with one sentence unless the outcome is Done. */
async function runTask(
  brain: Brain,
  pool: BuilderPool,
  { task, cell, check }: Pick<Task, "task" | "cell" | "check">,
  signal: AbortSignal,
  progressFrom = Number.NEGATIVE_INFINITY,
): Promise<{ readonly outcome: Extract<Outcome, { kind: "Done" }>; readonly order: Order }> {
  const id = brain.nextId();
  const order = await prepareOrder(brain, pool, { id, task, check, ...(cell !== undefined && { cell }) }, signal);
  const outcome = await brain.world.cells.run(order, progressOf(brain, pool, progressFrom), signal);
  brain.recordVersions(outcome.versions);
  if (outcome.kind === "Done" && task === "warmup") await recordRefresh(brain, order, outcome);
  if (outcome.kind === "Done") return { outcome, order };
  throw new Error(outcome.kind === "Infrastructure" ? outcome.message : `${task} ended with a verdict`);
}

function progressOf({ status, world }: Brain, { spec }: BuilderPool, from: number): (event: CellEvent) => void {
  const spacing = Math.min(progressSpacing, milliseconds(spec.warmup.timeout) / 4);
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    const { warmup } = status.get();
    const now = world.clock.monotonic();
    if (warmup === undefined || now < from || (event.event !== "step" && now - last < spacing)) return;
    last = now;
    status.setStatus({ warmup: { ...warmup, progressAt: timestamp(world.clock) } });
  };
}

/** Sets the warm-up in the status. The progress time is now, unless given. */
function reportProgress(
  { status, world }: Brain,
  {
    failures,
    doing,
    progressAt = timestamp(world.clock),
    ...progress
  }: Progress & { doing?: string; progressAt?: string; retryAt?: string },
): void {
  const shown = failures.map(truncated).slice(-20);
  const details = {
    ...(doing !== undefined && { doing: truncated(doing) }),
    ...(shown.length > 0 && { failures: shown }),
  };
  status.setStatus({ warmup: { ...progress, progressAt, ...details } });
}

/** Cuts a text to the length that the status allows. */
function truncated(text: string): string {
  return text.slice(0, 300).toWellFormed();
}

function onePerToolChain(checks: readonly ResolvedCheck[]): readonly ResolvedCheck[] {
  const keyOf = (check: ResolvedCheck) =>
    JSON.stringify([check.tool.alibuild, check.compiler, check.env, fromSources(check).length > 0]);
  return [...new Map(checks.map((check) => [keyOf(check), check])).values()];
}
