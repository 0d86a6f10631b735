import type { Build } from "../../api/objects/build.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { claim, type Transition } from "../../core/build/claim.ts";
import { holds } from "../../core/build/state.ts";
import { killAfter } from "../../core/liveness/heartbeat.ts";
import { isStoreError } from "../../store/error.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { Brain } from "../brain.ts";

/** One state transition of a Build. */
export interface TransitionRequest {
  /** The transition of the current Build, or the reason why it is refused. */
  next(build: Build): Transition;
  /** Whether the transition is already stored: an earlier write may have succeeded although its answer was lost. */
  isApplied?(build: Build): boolean;
}

const backoff = { firstMs: 500, maxMs: 10_000 };

/**
 * Claims a Build with one write, guarded by its resourceVersion. Returns the claimed Build.
 *
 * Returns undefined when the Build may not be claimed, has changed, or is gone. Also returns undefined when the store
 * forbids the write or refuses the credential, after a note in the status and a wait of 10 s. If the answer of the
 * store is lost, a later read decides whether the claim is stored. Throws any other store error.
 */
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
    if (isStoreError(error, "Forbidden") || isStoreError(error, "Unauthorized")) {
      log.warn(
        { builder, build: name, error: error.message },
        "the store forbids claims; check the rights of the builder's account",
      );
      brain.setNote("claims", `The store refuses its claims, so it builds nothing; check its rights: ${error.message}`);
      await clock.sleep(backoff.maxMs, signal).catch(() => {});
      return undefined;
    }
    if (isStoreError(error, "Conflict") || isStoreError(error, "NotFound")) return undefined;
    if (!isStoreError(error, "Unavailable")) throw error;
  }
  const holder = { builder, incarnation, attempt: transition.status.attempt };
  return applyTransition(brain, name, signal, {
    next: () => ({ refused: "the claim is not stored" }),
    isApplied: (current) => holds(current, holder),
  });
}

/**
 * Applies one transition to a Build. Returns the Build after the transition.
 *
 * Retries while the store is unavailable, forbids the write, refuses the credential, or reports conflicts. Returns
 * undefined when the transition is refused, when the Build is gone, or when `signal` aborts before the store answers.
 * Throws other store errors at once.
 *
 * A forbidden write may succeed later, after the repair of a role. So Forbidden is thrown only after 15 minutes of
 * refusals. A builder may not keep a build longer than that without a heartbeat. A refused credential is retried
 * without limit: a person replaces the credential, and a restart would not help.
 */
export async function applyTransition(
  { world }: Brain,
  name: string,
  signal: AbortSignal,
  { next, isApplied = () => false }: TransitionRequest,
): Promise<Stored<"Build"> | undefined> {
  let refusedAt: number | undefined;
  for (let failures = 1; ; failures += 1) {
    let applied: Stored<"Build"> | undefined;
    try {
      const written = await retryOnConflict(
        world.store,
        "Build",
        name,
        (build) => {
          applied = isApplied(build) ? build : undefined;
          const transition = applied === undefined ? next(build) : undefined;
          return transition !== undefined && "status" in transition
            ? { ...build, status: transition.status }
            : undefined;
        },
        "status",
      );
      return written ?? applied;
    } catch (error) {
      const isRefused = isStoreError(error, "Forbidden");
      refusedAt = isRefused ? (refusedAt ?? world.clock.monotonic()) : undefined;
      const isOver = refusedAt !== undefined && world.clock.monotonic() - refusedAt >= killAfter;
      const isPassing = (["Unavailable", "Unauthorized", "Conflict"] as const).some((code) =>
        isStoreError(error, code),
      );
      if (isOver || !(isRefused || isPassing)) throw error;
      world.log.warn(
        { builder: world.name, build: name, error: String(error) },
        "cannot write a transition of a Build; retrying",
      );
      if (signal.aborted) return undefined;
      await world.clock.sleep(backoffDelay(backoff, failures), signal).catch(() => {});
    }
  }
}
