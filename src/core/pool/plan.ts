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
 * The next step of a pool, from nothing but what is seen now: where its revision is going, who must go for it and how far,
 * what the objects and the workload must be told. At rest it has no action. `now` is the wall clock in milliseconds, for
 * the times in conditions alone.
 */
export function planPool(observed: ObservedPool, now: number): PoolPlan {
  const { pool } = observed;
  const rollout = rolloutOf(observed);
  const removals = removalsOf(observed, rollout);
  const isDeleted = pool.metadata.deletionTimestamp !== undefined;
  const actions = isDeleted ? planDeletion(observed) : planLife(observed, rollout, removals);
  const status = statusOf(observed, rollout, removals, now);
  const requeueAfter = requeueAfterOf(observed);
  return {
    actions,
    status,
    events: eventsOf(pool.metadata.name, pool.status?.conditions, status.conditions ?? []),
    ...(requeueAfter !== undefined && { requeueAfter }),
    because: actions[0]?.message ?? waitingFor(removals) ?? "Nothing to do: the pool is as declared",
  };
}

/** Of a pool that no builder can be started for nothing is touched: what runs under its name may be somebody else's. */
function planLife(observed: ObservedPool, rollout: Rollout, removals: Removals): readonly Action[] {
  if (observed.environment?.refusal !== undefined) return addFinalizer(observed);
  return [...addFinalizer(observed), ...planBuilders(observed, removals), ...planPods(observed, rollout, removals)];
}

/** A deletion must find the finalizer there, so it comes before anything that would have to be undone. */
function addFinalizer({ pool }: ObservedPool): readonly Action[] {
  if (pool.metadata.finalizers?.includes(poolFinalizer)) return [];
  return [{ do: "addFinalizer", reason: "AsDesired", message: "Builders drain before the pool is deleted" }];
}

function waitingFor({ all }: Removals): string | undefined {
  const first = all[0];
  return first === undefined ? undefined : `${first.reason.message}; waiting for its turn or for it to drain`;
}
