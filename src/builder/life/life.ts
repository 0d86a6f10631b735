import { release } from "../../core/build/claim.ts";
import { timestamp } from "../../system/clock.ts";
import { type Brain, Stopped } from "../brain.ts";
import { attemptBuild } from "../work/attempt.ts";
import { nextWork } from "../work/next.ts";
import { applyTransition } from "../work/transition.ts";
import { crashLoop, isForgiven } from "./crashes.ts";
import { drainTimeout, type Ending, wantsDrain, whileServing } from "./drain.ts";
import { type Health, healthAfter, healthy, pauseOf } from "./health.ts";
import { cleanWorkArea } from "./housekeeping.ts";
import { writeMarker } from "./marker.ts";
import { enterPhase } from "./phase.ts";
import { selfTest, warmUp } from "./warmup.ts";

/** Every change rings the wake; this is for what no event announces, such as a file that a person wrote. */
const safetyTick = 10_000;
const quarantineTick = 5 * 60_000;
/** A refused claim means that the watch is a little behind: it will ring. */
const catchUp = 1_000;

/** The life of a builder from warm-up to drained. Returns when it was told to end and holds no build. */
export async function runLife(brain: Brain, ending: Ending): Promise<void> {
  const { status, world } = brain;
  const { clock } = world;
  const anyEnd = AbortSignal.any([ending.stop, ending.kill]);
  const bornAt = clock.monotonic();
  let isWarm = false;
  let health = healthy;
  let notBefore = Number.NEGATIVE_INFINITY;

  while (!anyEnd.aborted) {
    await returnOrphans(brain, ending.kill);
    if (wantsDrain(brain, ending)) {
      enterPhase(brain, "Drained", brain.self()?.spec.drainReason);
      await brain.wake.sleep(safetyTick, anyEnd);
    } else if (crashLoop(status.get()) !== undefined) {
      enterPhase(brain, "Quarantined", crashLoop(status.get()));
      await brain.wake.sleep(safetyTick, anyEnd);
    } else if (!isWarm) {
      isWarm = await getWarm(brain, ending);
    } else if (health.isSuspect) {
      health = await proveHealth(brain, ending, health);
      notBefore = clock.monotonic() + pauseOf(health);
    } else {
      enterPhase(brain, "Ready");
      if (isForgiven(clock.monotonic() - bornAt)) status.setStatus({ crashes: undefined });
      await brain.refresh();
      const pause = notBefore - clock.monotonic();
      const work = pause > 0 ? { again: pause } : await nextWork(brain);
      if ("again" in work) {
        await brain.wake.sleep(Math.max(1, Math.min(work.again, safetyTick)), anyEnd);
        continue;
      }
      if (wantsDrain(brain, ending)) continue;
      const end = await whileServing(
        brain,
        ending,
        () => drainTimeout(brain),
        (signal) => attemptBuild(brain, work, signal, ending.kill),
      );
      health = healthAfter(health, end);
      status.setStatus({
        infrastructureFailures: health.failures,
        ...(end.kind === "Verdict" && { crashes: undefined }),
      });
      if (end.kind === "NotClaimed") await brain.wake.sleep(catchUp, anyEnd);
      else await unlessDrained(brain, ending, (signal) => cleanWorkArea(brain, work.pool, signal));
    }
  }
  enterPhase(brain, "Drained", "It was told to end");
}

/** Nothing runs here now: a claim of this very process is one whose acknowledgement was lost on the way. */
async function returnOrphans(brain: Brain, kill: AbortSignal): Promise<void> {
  const { name, incarnation, clock } = brain.world;
  for (const { metadata, status } of brain.builds.list()) {
    const held = status?.claim;
    if (held?.builder !== name || held.incarnation !== incarnation) continue;
    const message = `"${name}" did not hear that it had claimed the build`;
    const trouble = { reason: "Drained", message, now: clock.now() } as const;
    await applyTransition(brain, metadata.name, kill, { to: (build) => release(build, held, trouble) });
  }
}

/** Whether the warm-up came to its end; a drain stops it. */
async function getWarm(brain: Brain, ending: Ending): Promise<boolean> {
  const { world, sandbox, status } = brain;
  const pool = brain.pool();
  if (pool === undefined) {
    enterPhase(brain, "Pending", `Pool "${world.pool}" does not exist (yet)`);
    await brain.wake.sleep(safetyTick, AbortSignal.any([ending.stop, ending.kill]));
    return false;
  }
  enterPhase(brain, "Warming");
  await brain.refresh();
  return unlessDrained(brain, ending, async (signal) => {
    await warmUp(brain, pool, signal);
    const warm = { incarnation: world.incarnation, revision: world.revision, at: timestamp(world.clock) };
    await writeMarker(sandbox.state, warm);
    status.setStatus({ warm });
    enterPhase(brain, "Ready");
  });
}

/** After failures in a row the tool chain must prove itself; while it does not, the builder builds nothing and says so. */
async function proveHealth(brain: Brain, ending: Ending, health: Health): Promise<Health> {
  const pool = brain.pool();
  let wrong: string | undefined;
  const isDone = await unlessDrained(brain, ending, async (signal) => {
    wrong = pool && (await selfTest(brain, pool, signal));
  });
  if (!isDone) return health;
  if (wrong === undefined) return { ...health, isSuspect: false };
  enterPhase(brain, "Quarantined", `The self-test fails, so nothing is built here until it passes: ${wrong}`);
  await unlessDrained(brain, ending, (signal) => brain.world.clock.sleep(quarantineTick, signal));
  return health;
}

/** Runs `work` to its end, which returns true, or until the builder is drained. */
async function unlessDrained(
  brain: Brain,
  ending: Ending,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  try {
    await whileServing(brain, ending, () => 0, work);
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}
