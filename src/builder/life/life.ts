import { release } from "../../core/build/claim.ts";
import { timestamp } from "../../system/clock.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { attemptBuild } from "../work/attempt.ts";
import { nextWork } from "../work/next.ts";
import { applyTransition } from "../work/transition.ts";
import { findStaleTrees } from "../work/trees.ts";
import { BuilderFault } from "./baseFault.ts";
import { crashLoopMessageOf, isForgiven } from "./crashes.ts";
import { drainTimeout, mustEnd, runWithDrain, type Shutdown, wantsDrain } from "./drain.ts";
import { type Health, healthAfter, healthy, pauseOf } from "./health.ts";
import { cleanWorkArea } from "./housekeeping.ts";
import { writeMarker } from "./marker.ts";
import { enterPhase } from "./phase.ts";
import { renewTrees } from "./renewTrees.ts";
import { selfTest, warmUp } from "./warmup.ts";

/** Longest sleep. Changes ring the wake, but some have no event, such as an edit of `config/` by a person. */
const safetyTick = 10_000;
const quarantineTick = 5 * 60_000;
/** Sleep after a refused claim: the cache is a little behind, and its next change rings the wake. */
const catchUp = 1_000;

/** Runs a builder from warm-up to Drained. Returns when the builder was stopped and holds no claim. */
export async function runLife(brain: Brain, shutdown: Shutdown): Promise<void> {
  const { status, world } = brain;
  const { clock } = world;
  const anyEnd = AbortSignal.any([shutdown.stop, shutdown.kill]);
  const bornAt = clock.monotonic();
  let isWarm = false;
  let health = healthy;
  let notBefore = Number.NEGATIVE_INFINITY;

  while (!anyEnd.aborted) {
    await requeueOrphanedClaims(brain, shutdown.kill);
    if (mustEnd(brain)) break;
    if (wantsDrain(brain, shutdown)) {
      enterPhase(brain, "Drained", brain.self()?.spec.drainReason);
      await brain.wake.sleep(safetyTick, anyEnd);
    } else if (crashLoopMessageOf(status.get()) !== undefined) {
      enterPhase(brain, "Quarantined", crashLoopMessageOf(status.get(), brain.self()?.spec.external));
      await brain.wake.sleep(safetyTick, anyEnd);
    } else if (!isWarm) {
      isWarm = await runWarmUp(brain, shutdown);
    } else if (health.isSuspect) {
      health = await retestToolChain(brain, shutdown, health);
      notBefore = clock.monotonic() + pauseOf(health);
    } else {
      await brain.refresh();
      const stale = await findStaleTrees(brain);
      if (stale !== undefined) {
        isWarm = await renewTrees(brain, shutdown, stale);
        continue;
      }
      enterPhase(brain, "Ready");
      if (await isInDoubt(brain, false)) {
        health = { ...health, isSuspect: true };
        continue;
      }
      if (isForgiven(clock.monotonic() - bornAt)) status.setStatus({ crashes: undefined });
      const pause = notBefore - clock.monotonic();
      const work = pause > 0 ? { again: pause } : await nextWork(brain);
      if ("again" in work) {
        await brain.wake.sleep(Math.max(1, Math.min(work.again, safetyTick)), anyEnd);
        continue;
      }
      if (wantsDrain(brain, shutdown)) continue;
      if (await isInDoubt(brain, true)) {
        health = { ...health, isSuspect: true };
        continue;
      }
      const end = await runWithDrain(
        brain,
        shutdown,
        () => drainTimeout(brain),
        (signal) => attemptBuild(brain, work, signal, shutdown.kill),
      );
      health = healthAfter(health, end);
      status.setStatus({
        infrastructureFailures: health.failures,
        ...(end.kind === "Verdict" && { crashes: undefined }),
      });
      if (end.kind === "NotClaimed") await brain.wake.sleep(catchUp, anyEnd);
      else await runUnlessDrained(brain, shutdown, (signal) => cleanWorkArea(brain, work.pool, signal));
    }
  }
  enterPhase(brain, "Drained", mustEnd(brain) ? brain.self()?.spec.drainReason : "It was stopped");
}

/** Releases claims of this process. Nothing runs at this point, so the answer to such a claim was lost. */
async function requeueOrphanedClaims(brain: Brain, kill: AbortSignal): Promise<void> {
  const { name, incarnation, clock } = brain.world;
  for (const { metadata, status } of brain.builds.list()) {
    const held = status?.claim;
    if (held?.builder !== name || held.incarnation !== incarnation) continue;
    const message = `"${name}" did not get the answer to its claim of the build`;
    const trouble = { reason: "Drained", message, now: clock.now() } as const;
    await applyTransition(brain, metadata.name, kill, { next: (build) => release(build, held, trouble) });
  }
}

/** Warms up and writes the ready marker. Returns false when a drain stopped the warm-up. */
async function runWarmUp(brain: Brain, shutdown: Shutdown): Promise<boolean> {
  const { world, sandbox, status } = brain;
  const pool = brain.pool();
  if (pool === undefined) {
    enterPhase(brain, "Pending", `Pool "${world.pool}" does not exist (yet)`);
    await brain.wake.sleep(safetyTick, AbortSignal.any([shutdown.stop, shutdown.kill]));
    return false;
  }
  enterPhase(brain, "Warming");
  await brain.refresh();
  return quarantineAtFault(brain, shutdown, async (signal) => {
    await warmUp(brain, pool, signal);
    await world.proofs?.passed();
    const warm = { incarnation: world.incarnation, revision: world.revision, at: timestamp(world.clock) };
    await writeMarker(sandbox.state, warm);
    status.setStatus({ warm });
    enterPhase(brain, "Ready");
  });
}

/** Runs a warm-up. Quarantines the builder for some minutes if the base compiles elsewhere but not here. */
async function quarantineAtFault(
  brain: Brain,
  shutdown: Shutdown,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  try {
    return await runUnlessDrained(brain, shutdown, work);
  } catch (error) {
    if (!(error instanceof BuilderFault)) throw error;
    enterPhase(brain, "Quarantined", `${error.message}; the warm-up is repeated in 5 min`);
    await runUnlessDrained(brain, shutdown, (signal) => brain.world.clock.sleep(quarantineTick, signal));
    return false;
  }
}

/** Whether the tool chain of an outside host must be tested again, now or before a claim. */
async function isInDoubt({ world }: Brain, isBeforeClaim: boolean): Promise<boolean> {
  const reason = await world.proofs?.due(isBeforeClaim);
  if (reason === undefined) return false;
  world.log.info({ builder: world.name, reason }, "the tool chain is tested again");
  return true;
}

/** Runs the self-test after failures in a row. While the test fails, the builder is Quarantined and builds nothing. */
async function retestToolChain(brain: Brain, shutdown: Shutdown, health: Health): Promise<Health> {
  const pool = brain.pool();
  let failure: string | undefined;
  const isDone = await runUnlessDrained(brain, shutdown, async (signal) => {
    failure = pool && (await selfTest(brain, pool, signal));
  });
  if (!isDone) return health;
  if (failure === undefined) {
    await brain.world.proofs?.passed();
    return { ...health, isSuspect: false };
  }
  enterPhase(brain, "Quarantined", `The self-test fails, so nothing is built here until it passes: ${failure}`);
  await runUnlessDrained(brain, shutdown, (signal) => brain.world.clock.sleep(quarantineTick, signal));
  return health;
}

/** Runs `work`. Returns true at its end, false when a drain stops it. */
async function runUnlessDrained(
  brain: Brain,
  shutdown: Shutdown,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  try {
    await runWithDrain(brain, shutdown, () => 0, work);
    return true;
  } catch (error) {
    if (error instanceof StoppedError) return false;
    throw error;
  }
}
