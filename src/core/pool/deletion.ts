import { poolFinalizer } from "../../api/objects/group.ts";
import type { Action, Explanation } from "./action.ts";
import { isEnding, isIdle, type Member } from "./builder/member.ts";
import type { ObservedPool } from "./observed.ts";

const minute = 60_000;
/** The operator then stops builders that still build. One minute is left to correct the statuses of their claims. */
export const deletionDrainTimeout = 9 * minute;
/** The operator then removes the finalizer, regardless of GitHub and the builders. */
export const deletionTimeout = 10 * minute;

const explanation: Explanation = { reason: "PoolDeleted", message: "The pool is being deleted" };

/**
 * The actions for a pool that is being deleted. All builders drain at once. The finalizer goes once every pod is gone
 * and GitHub shows no build of the pool as pending. The workload keeps its revision, since the API server may refuse
 * the pod template of the spec. After `deletionTimeout` the finalizer goes first, because every later action may fail.
 */
export function planDeletion({ pool, members, workload, deletingFor, unsettled }: ObservedPool): readonly Action[] {
  const draining = members.filter((member) => isAtWork(member) && deletingFor < deletionDrainTimeout);
  const replicas = Math.max(0, ...draining.map(({ ordinal = -1 }) => ordinal + 1));
  const isTimedOut = deletingFor >= deletionTimeout;
  const isComplete = members.every(isGone) && unsettled === 0;
  const hasFinalizer = pool.metadata.finalizers?.includes(poolFinalizer) ?? false;
  const removeFinalizer = hasFinalizer ? [{ do: "removeFinalizer" as const, ...explanation }] : [];
  return [
    ...(isTimedOut ? removeFinalizer : []),
    ...members.filter(isAtWork).flatMap(drain),
    ...(workload !== undefined && workload.replicas !== replicas
      ? [{ do: "applyWorkload" as const, replicas, revision: workload.revision, ...explanation }]
      : []),
    ...(deletingFor >= deletionDrainTimeout ? members.flatMap(stop) : []),
    ...(isComplete && !isTimedOut ? removeFinalizer : []),
  ];
}

function isAtWork(member: Member): boolean {
  return !isIdle(member) && !isEnding(member);
}

/** An outside host has no pod, so it is gone as soon as it is idle. */
function isGone(member: Member): boolean {
  return member.ordinal === undefined ? isIdle(member) : member.pod === undefined;
}

function drain({ name, builder }: Member): readonly Action[] {
  if (builder === undefined || builder.spec.desired === "Drain") return [];
  const { pool, workerIndex, poolSize, external } = builder.spec;
  const index = {
    ...(workerIndex !== undefined && { workerIndex }),
    ...(poolSize !== undefined && { poolSize }),
  };
  const spec = { pool, desired: "Drain" as const, drainReason: "PoolDeleted", ...index, external };
  return [{ do: "applyBuilder", name, spec, ...explanation }];
}

function stop({ name, pod }: Member): readonly Action[] {
  if (pod === undefined || pod.terminating) return [];
  return [{ do: "deletePod", name, uid: pod.uid, graceMs: 10_000, ...explanation }];
}
