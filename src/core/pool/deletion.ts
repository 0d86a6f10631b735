import { poolFinalizer } from "../../api/objects/group.ts";
import type { Action, Explanation } from "./action.ts";
import { isEnding, isIdle, type Member } from "./builder/member.ts";
import type { ObservedPool } from "./observed.ts";

const minute = 60_000;
/** Builders that still build then are stopped, so that what they claimed can be put right in the minute that is left. */
export const deletionDrainTimeout = 9 * minute;
/** A deleted pool is let go then, whatever GitHub or its builders do. */
export const deletionTimeout = 10 * minute;

const why: Explanation = { reason: "PoolDeleted", message: "The pool is being deleted" };

/**
 * A deleted pool drains all builders at once, waits until GitHub shows nothing of it as pending, and goes. Its pods end at the template they have:
 * that of the spec may be one that the API server refuses. When its time is over it is let go before anything else, which may fail, is tried.
 */
export function planDeletion({ pool, members, workload, deletingFor, unsettled }: ObservedPool): readonly Action[] {
  const holding = members.filter((member) => isAtWork(member) && deletingFor < deletionDrainTimeout);
  const replicas = Math.max(0, ...holding.map(({ ordinal = -1 }) => ordinal + 1));
  const isLate = deletingFor >= deletionTimeout;
  const isOver = members.every(isGone) && unsettled === 0;
  const holdsFinalizer = pool.metadata.finalizers?.includes(poolFinalizer) ?? false;
  const letGo = holdsFinalizer ? [{ do: "removeFinalizer" as const, ...why }] : [];
  return [
    ...(isLate ? letGo : []),
    ...members.filter(isAtWork).flatMap(drain),
    ...(workload !== undefined && workload.replicas !== replicas
      ? [{ do: "applyWorkload" as const, replicas, revision: workload.revision, ...why }]
      : []),
    ...(deletingFor >= deletionDrainTimeout ? members.flatMap(stop) : []),
    ...(isOver && !isLate ? letGo : []),
  ];
}

function isAtWork(member: Member): boolean {
  return !isIdle(member) && !isEnding(member);
}

/** An outside host has no pod to wait for: it is enough that it builds nothing. */
function isGone(member: Member): boolean {
  return member.ordinal === undefined ? isIdle(member) : member.pod === undefined;
}

function drain({ name, builder }: Member): readonly Action[] {
  if (builder === undefined || builder.spec.desired === "Drain") return [];
  const { pool, workerIndex, poolSize, external } = builder.spec;
  const place = {
    ...(workerIndex !== undefined && { workerIndex }),
    ...(poolSize !== undefined && { poolSize }),
  };
  const spec = { pool, desired: "Drain" as const, drainReason: "PoolDeleted", ...place, external };
  return [{ do: "applyBuilder", name, spec, ...why }];
}

function stop({ name, pod }: Member): readonly Action[] {
  if (pod === undefined || pod.terminating) return [];
  return [{ do: "deletePod", name, uid: pod.uid, graceMs: 10_000, ...why }];
}
