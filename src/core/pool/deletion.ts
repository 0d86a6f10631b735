import { poolFinalizer } from "../../api/objects/group.ts";
import { isHostName } from "../../api/values/hostName.ts";
import type { Action, Explanation } from "./action.ts";
import { isHost } from "./builder/host.ts";
import { isEnding, isIdle, type Member } from "./builder/member.ts";
import type { ObservedPool } from "./observed.ts";

const minute = 60_000;
/** The operator then stops builders that still build. One minute is left to correct the statuses of their claims. */
export const deletionDrainTimeout = 9 * minute;
/** The operator then removes the finalizer, regardless of GitHub and the builders. */
export const deletionTimeout = 10 * minute;
/** The API server accepts a token for about 10 s after the end of its account. */
const tokenCache = 15_000;

const explanation: Explanation = { reason: "PoolDeleted", message: "The pool is being deleted" };

/**
 * The actions for a pool that is being deleted. All builders drain at once. The Builder of an outside host is deleted
 * as soon as the host holds no claim and is idle or silent, and its credential ends with it. The finalizer goes once
 * every builder is gone, no credential of a host works, and GitHub shows no build of the pool as pending. The workload
 * keeps its revision, since the API server may refuse the pod template of the spec. After `deletionTimeout` the
 * finalizer goes first, because every later action may fail.
 */
export function planDeletion(observed: ObservedPool): readonly Action[] {
  const { pool, members, workload, deletingFor } = observed;
  const draining = members.filter((member) => isAtWork(member) && deletingFor < deletionDrainTimeout);
  const replicas = Math.max(0, ...draining.map(({ ordinal = -1 }) => ordinal + 1));
  const isTimedOut = deletingFor >= deletionTimeout;
  const hasFinalizer = pool.metadata.finalizers?.includes(poolFinalizer) ?? false;
  const removeFinalizer = hasFinalizer ? [{ do: "removeFinalizer" as const, ...explanation }] : [];
  return [
    ...(isTimedOut ? removeFinalizer : []),
    ...members.filter(isAtWork).flatMap(drain),
    ...members.flatMap((member) => forget(member, observed)),
    ...(workload !== undefined && workload.replicas !== replicas
      ? [{ do: "applyWorkload" as const, replicas, revision: workload.revision, ...explanation }]
      : []),
    ...(deletingFor >= deletionDrainTimeout ? members.flatMap(stop) : []),
    ...(isComplete(observed) && !isTimedOut ? removeFinalizer : []),
  ];
}

/** A host that holds a claim may still build, also after its Builder is gone. Another pool must not build beside it. */
function isComplete({ members, unsettled, holders, withoutHostsFor = tokenCache }: ObservedPool): boolean {
  const mayBuild = [...(holders ?? [])].some(isHostName);
  return members.every(isGone) && !mayBuild && withoutHostsFor >= tokenCache && unsettled === 0;
}

function isAtWork(member: Member): boolean {
  return !isIdle(member) && !isEnding(member);
}

function isGone(member: Member): boolean {
  return !isHost(member) && member.pod === undefined;
}

/** A silent host starts nothing. Without its Builder and its account it claims nothing after its return either. */
function forget(member: Member, { holders }: ObservedPool): readonly Action[] {
  const { name, phase } = member;
  if (!isHost(member) || holders?.has(name) === true || !(isIdle(member) || phase === "Suspect")) return [];
  return [{ do: "deleteBuilder", name, ...explanation }];
}

function drain({ name, builder }: Member): readonly Action[] {
  if (builder === undefined || builder.spec.desired === "Drain") return [];
  const { silent: _, debug: __, account: ___, ...owned } = builder.spec;
  const spec = { ...owned, desired: "Drain" as const, drainReason: "PoolDeleted" };
  return [{ do: "applyBuilder", name, spec, ...explanation }];
}

function stop({ name, pod }: Member): readonly Action[] {
  if (pod === undefined || pod.terminating) return [];
  return [{ do: "deletePod", name, uid: pod.uid, graceMs: 10_000, ...explanation }];
}
