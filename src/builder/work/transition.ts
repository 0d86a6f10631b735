import type { Build } from "../../api/objects/build.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { claim, type Transition } from "../../core/build/claim.ts";
import { holds } from "../../core/build/state.ts";
import { killAfter } from "../../core/liveness/heartbeat.ts";
import { isStoreError } from "../../store/error.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { Brain } from "../brain.ts";

export interface Step {
  /** The step to take on the Build as it is now. */
  to(build: Build): Transition;
  /** Whether the step was taken already: an earlier write may have got through although its answer did not. */
  isThere?(build: Build): boolean;
}

const firstPause = 500;
const longestPause = 10_000;

/** Claims the Build as it was seen, in one write; undefined when it changed since, may not be claimed, or we are refused, which the status then says. */
export async function claimBuild(
  brain: Brain,
  build: Stored<"Build">,
  signal: AbortSignal,
): Promise<Stored<"Build"> | undefined> {
  const { name: builder, incarnation, clock, store, log } = brain.world;
  const { name } = build.metadata;
  const transition = claim(build, { builder, incarnation }, clock.now());
  if ("refused" in transition) return undefined;
  try {
    const claimed = await store.updateStatus("Build", { ...build, status: transition.status });
    brain.setNote("claims", undefined);
    return claimed;
  } catch (error) {
    if (isStoreError(error, "Forbidden")) {
      log.warn({ builder, build: name, error: error.message }, "the claim was refused");
      brain.setNote("claims", `Its claims are refused, so it builds nothing; look at its rights: ${error.message}`);
      await clock.sleep(longestPause, signal).catch(() => {});
      return undefined;
    }
    if (isStoreError(error, "Conflict") || isStoreError(error, "NotFound")) return undefined;
    if (!isStoreError(error, "Unavailable")) throw error;
  }
  const holder = { builder, incarnation, attempt: transition.status.attempt };
  return applyTransition(brain, name, signal, {
    to: () => ({ refused: "the claim did not get through" }),
    isThere: (current) => holds(current, holder),
  });
}

/**
 * Takes one step of a Build's life, however often the store has to be asked. Undefined when the step is refused, the Build is gone, or
 * `signal` aborted before the store answered. A store that refuses us may let us in again, as when a token has expired while nobody could renew it, or
 * somebody's hand on an account or a role is put right: only what goes on for longer than we may hold a build is thrown.
 */
export async function applyTransition(
  { world }: Brain,
  name: string,
  signal: AbortSignal,
  { to, isThere = () => false }: Step,
): Promise<Stored<"Build"> | undefined> {
  let refusedAt: number | undefined;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    let there: Stored<"Build"> | undefined;
    try {
      const written = await retryOnConflict(
        world.store,
        "Build",
        name,
        (build) => {
          there = isThere(build) ? build : undefined;
          const transition = there === undefined ? to(build) : undefined;
          return transition !== undefined && "status" in transition
            ? { ...build, status: transition.status }
            : undefined;
        },
        "status",
      );
      return written ?? there;
    } catch (error) {
      const isRefused = isStoreError(error, "Forbidden");
      refusedAt = isRefused ? (refusedAt ?? world.clock.monotonic()) : undefined;
      const isOver = refusedAt !== undefined && world.clock.monotonic() - refusedAt >= killAfter;
      const mayPass = isRefused || isStoreError(error, "Unavailable") || isStoreError(error, "Conflict");
      if (isOver || !mayPass) throw error;
      world.log.warn({ builder: world.name, build: name, error: String(error) }, "the store did not take a step");
      if (signal.aborted) return undefined;
      await world.clock.sleep(pause, signal).catch(() => {});
    }
  }
}
