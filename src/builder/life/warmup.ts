import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { timestamp } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { Brain } from "../brain.ts";
import { MirrorFailure } from "../git/mirrors.ts";
import { prepareOrder } from "../work/order.ts";

const firstPause = 10_000;
const longestPause = 5 * 60_000;
/** A build that goes on is no news more often than this, or four times in the pool's timeout of a warm-up without progress. */
const progressSpacing = 5 * 60_000;

interface Step {
  readonly doing: string;
  /**
   * A message when something did not work out that the warm-up may go on without. Throws when it must be tried again. What happens before
   * `progressFrom`, on the monotonic clock, is no progress.
   */
  run(signal: AbortSignal, progressFrom: number): Promise<string | undefined>;
}

/** What is said while a step is taken, and between its tries. */
interface Place {
  readonly done: number;
  readonly total: number;
  readonly failures: readonly string[];
}

/**
 * Fetches the mirrors, proves the tool chain and builds base branches, as the pool wants it. Infrastructure failures are tried again until
 * they pass; a base branch that does not compile has warmed the cache all the same. Rejects with the signal's reason.
 */
export async function warmUp(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const steps = stepsOf(brain, pool);
  const total = steps.length;
  const lasting: string[] = [];
  for (const [done, step] of steps.entries()) {
    const message = await take(brain, step, { done, total, failures: lasting }, signal);
    if (message !== undefined) lasting.push(message);
  }
  tell(brain, { done: total, total, failures: lasting });
  brain.setNote("warmup", lasting.length === 0 ? undefined : lasting.join("; "));
}

/** Tries a step until it works. After a failure a try is progress only once it lasts longer than those before: what fails for ever is stuck. */
async function take(
  brain: Brain,
  { doing, run }: Step,
  { failures, ...place }: Place,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { clock, log, name } = brain.world;
  tell(brain, { ...place, doing, failures });
  let longest = Number.NEGATIVE_INFINITY;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    const startedAt = clock.monotonic();
    try {
      return await run(signal, startedAt + longest);
    } catch (error) {
      signal.throwIfAborted();
      longest = Math.max(longest, clock.monotonic() - startedAt);
      const failure = `${doing}: ${reasonOf(error)}`;
      log.warn({ builder: name, step: doing, error: failure }, "warm-up step failed and is tried again");
      const { progressAt } = brain.status.get().warmup ?? {};
      const again = { ...place, failures: [...failures, failure], ...(progressAt !== undefined && { progressAt }) };
      tell(brain, { ...again, doing: `${doing}, tried again soon` });
      await clock.sleep(pause, signal);
      tell(brain, { ...again, doing });
    }
  }
}

/** Runs the self-test with the tool of each of the checks; resolves with what is wrong, undefined when nothing is. */
export async function selfTest(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<string | undefined> {
  for (const check of onePerTool(brain.checks())) {
    try {
      await carryOut(brain, pool, "selftest", check, signal);
    } catch (error) {
      signal.throwIfAborted();
      return reasonOf(error);
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
  const tests = onePerTool(checks).map((check) => cellStep(brain, pool, "selftest", check));
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
      const { gitUrl } = pool.spec.github;
      const timeoutMs = milliseconds(check.timeouts.command);
      await world.mirrors.fetch({ gitUrl, repository, ...(branch && { branch }), timeoutMs }, signal);
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
      const outcome = await carryOut(brain, pool, task, check, signal, progressFrom);
      return outcome.compiled === false ? `${check.branch} does not compile for ${check.name}` : undefined;
    },
  };
}

/** Throws a sentence unless the order ended as it should. */
async function carryOut(
  brain: Brain,
  pool: BuilderPool,
  task: "selftest" | "warmup",
  check: ResolvedCheck,
  signal: AbortSignal,
  progressFrom = Number.NEGATIVE_INFINITY,
): Promise<Extract<Outcome, { kind: "Done" }>> {
  const id = brain.nextId();
  const order = await prepareOrder(brain, pool, { id, task, check }, signal);
  const outcome = await brain.world.cells.run(order, progressOf(brain, pool, progressFrom), signal);
  brain.recordVersions(outcome.versions);
  if (outcome.kind === "Done") return outcome;
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

/** It is progress, unless the instant of the last one is given. */
function tell(
  { status, world }: Brain,
  { failures, doing, progressAt = timestamp(world.clock), ...place }: Place & { doing?: string; progressAt?: string },
): void {
  const told = failures.map(short).slice(-20);
  const said = { ...(doing !== undefined && { doing: short(doing) }), ...(told.length > 0 && { failures: told }) };
  status.setStatus({ warmup: { ...place, progressAt, ...said } });
}

/** As much of a text as the status takes. */
function short(text: string): string {
  return text.slice(0, 300).toWellFormed();
}

function onePerTool(checks: readonly ResolvedCheck[]): readonly ResolvedCheck[] {
  return [...new Map(checks.map((check) => [check.tool.alibuild, check])).values()];
}

function reasonOf(error: unknown): string {
  if (error instanceof MirrorFailure) return error.message;
  return messageOf(error);
}
