import type { ResolvedCheck } from "../api/check.ts";
import { milliseconds } from "../api/duration.ts";
import type { CellEvent, Outcome } from "../api/event.ts";
import type { BuilderPool } from "../api/pool.ts";
import { timestamp } from "../system/clock.ts";
import type { Brain } from "./brain.ts";
import { MirrorFailure } from "./mirrors.ts";
import { prepareOrder } from "./order.ts";

const firstPause = 10_000;
const longestPause = 5 * 60_000;
/** A build that goes on is no news more often than this. */
const progressSpacing = 30_000;

interface Step {
  readonly doing: string;
  /** A message when something did not work out that the warm-up may go on without. Throws when it must be tried again. */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/**
 * Fetches the mirrors, proves the tool chain and builds base branches, as the pool wants it. Infrastructure failures are tried again until
 * they pass; a base branch that does not compile has warmed the cache all the same. Rejects with the signal's reason.
 */
export async function warmUp(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { world } = brain;
  const steps = stepsOf(brain, pool);
  const lasting: string[] = [];
  for (const [done, step] of steps.entries()) {
    for (let pause = firstPause, failure: string | undefined; ; pause = Math.min(pause * 2, longestPause)) {
      tell(brain, { done, total: steps.length, doing: step.doing, failures: [...lasting, failure] });
      try {
        const message = await step.run(signal);
        if (message !== undefined) lasting.push(message);
        break;
      } catch (error) {
        signal.throwIfAborted();
        failure = `${step.doing}: ${reasonOf(error)}`;
        world.log.warn(
          { builder: world.name, step: step.doing, error: failure },
          "warm-up step failed and is tried again",
        );
        tell(brain, {
          done,
          total: steps.length,
          doing: `${step.doing}, tried again soon`,
          failures: [...lasting, failure],
        });
        await world.clock.sleep(pause, signal);
      }
    }
  }
  tell(brain, { done: steps.length, total: steps.length, failures: lasting });
  brain.note("warmup", lasting.length === 0 ? undefined : lasting.join("; "));
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
    async run(signal) {
      const outcome = await carryOut(brain, pool, task, check, signal);
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
): Promise<Extract<Outcome, { kind: "Done" }>> {
  const id = brain.nextId();
  const order = await prepareOrder(brain, pool, { id, task, check }, signal);
  const outcome = await brain.world.cells.run(order, progressOf(brain), signal);
  brain.learn(outcome.versions);
  if (outcome.kind === "Done") return outcome;
  throw new Error(outcome.kind === "Infrastructure" ? outcome.message : `${task} ended with a verdict`);
}

function progressOf({ status, world }: Brain): (event: CellEvent) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    const { warmup } = status.get();
    const now = world.clock.monotonic();
    if (warmup === undefined || (event.event !== "step" && now - last < progressSpacing)) return;
    last = now;
    status.say({ warmup: { ...warmup, progressAt: timestamp(world.clock) } });
  };
}

function tell(
  { status, world }: Brain,
  { failures, ...progress }: { done: number; total: number; doing?: string; failures: readonly (string | undefined)[] },
): void {
  const told = failures.filter((text) => text !== undefined).map((text) => text.slice(0, 300));
  const progressAt = timestamp(world.clock);
  status.say({ warmup: { ...progress, progressAt, ...(told.length > 0 && { failures: told.slice(-20) }) } });
}

function onePerTool(checks: readonly ResolvedCheck[]): readonly ResolvedCheck[] {
  return [...new Map(checks.map((check) => [check.tool.alibuild, check])).values()];
}

function reasonOf(error: unknown): string {
  if (error instanceof MirrorFailure) return error.message;
  return error instanceof Error ? error.message : String(error);
}
