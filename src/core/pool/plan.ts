import { poolFinalizer } from "../../api/objects/group.ts";
import type { Action, PoolPlan } from "./action.ts";
import { planDeletion } from "./deletion.ts";
import type { ObservedPool } from "./observed.ts";
import { requeueAfterOf } from "./requeueAfter.ts";
import { planBuilders } from "./rollout/builders.ts";
import { planPods } from "./rollout/pods.ts";
import { type Removals, removalsOf } from "./rollout/removal.ts";
import { type Rollout, rolloutOf } from "./rollout/rollout.ts";
import { eventsOf } from "./status/conditions.ts";
import { statusOf } from "./status/status.ts";

/**
 * Plans the next step of a pool from the observed state alone: its rollout, its removals, and the writes to objects and
 * workload. A pool at rest has no action. `now` is the wall clock in milliseconds. It dates conditions, and ends the
 * trial of a canary.
 */
export function planPool(observed: ObservedPool, now: number): PoolPlan {
  const { pool } = observed;
  const rollout = rolloutOf(observed, now);
  const removals = removalsOf(observed, rollout);
  const isDeleted = pool.metadata.deletionTimestamp !== undefined;
  const actions = isDeleted ? planDeletion(observed) : planLivePool(observed, rollout, removals);
  const status = statusOf(observed, rollout, removals, now);
  const requeueAfter = requeueAfterOf(observed, rollout, now);
  return {
    actions,
    status,
    events: eventsOf(pool.metadata.name, pool.status?.conditions, status.conditions ?? []),
    ...(requeueAfter !== undefined && { requeueAfter }),
    because: actions[0]?.message ?? waitingSummaryOf(removals) ?? "Nothing to do: the pool is as declared",
  };
}

/** If the pool is refused, only its finalizer is added: objects under its name may belong to someone else. */
function planLivePool(observed: ObservedPool, rollout: Rollout, removals: Removals): readonly Action[] {
  if (observed.environment?.refusal !== undefined) return addFinalizer(observed);
  return [
    ...addFinalizer(observed),
    ...planBuilders(observed, rollout, removals),
    ...planPods(observed, rollout, removals),
  ];
}

/** The finalizer comes before every object that a deletion must clean up. */
function addFinalizer({ pool }: ObservedPool): readonly Action[] {
  if (pool.metadata.finalizers?.includes(poolFinalizer)) return [];
  return [
    {
      do: "addFinalizer",
      reason: "AsDesired",
      message: "Adds a finalizer, so that builders drain before the pool is deleted",
    },
  ];
}

function waitingSummaryOf({ all }: Removals): string | undefined {
  const first = all[0];
  return first === undefined ? undefined : `${first.reason.message}; waits for the budget or for its drain`;
}
