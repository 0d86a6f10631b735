import type { CanaryStatus } from "../../../api/objects/pool/update.ts";
import { milliseconds } from "../../../api/values/duration.ts";
import { isHost } from "../builder/host.ts";
import { isCold, isEnding, isIdle, isPresent, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { type Canary, canaryOf } from "./canary.ts";
import { hostRevisionOf, revisionOf } from "./revision.ts";

/** The rollout of a pool: its target revision and its state. */
export interface Rollout {
  readonly state: "Steady" | "Rolling" | "Paused" | "Stalled" | "RolledBack";
  /** The revision that all pods should have. */
  readonly target: string;
  /** The revision that all outside hosts should have. Hosts read the spec themselves, so a rollback spares them. */
  readonly hostTarget: string;
  /** The revision at which missing ordinals start. */
  readonly startRevision: string;
  /** During an update: the revision to which a rollback returns. After a rollback: the abandoned revision. */
  readonly previous?: string;
  /** Builders at the target revision without warm-up progress; during an update also the quarantined ones. */
  readonly stuck: readonly Member[];
  /** The trial of the target revision, or of a revision whose builders are still silent. */
  readonly canary?: Canary;
}

/**
 * Computes the rollout from the observed state. The only memory is the pool's status: `revision`, `previousRevision`,
 * `canary`, and for a rollback the reason of the condition Stalled. A rollback lasts until the spec has another
 * revision, or `onStall: Pause`. `now` is the wall clock in milliseconds and only decides about the timeout of a
 * canary.
 */
export function rolloutOf(observed: ObservedPool, now: number): Rollout {
  const { spec, status } = observed.pool;
  const wanted = revisionOf(spec, observed.environment?.program, observed.environment?.isMachine);
  const last = status?.revision ?? wanted;
  const wasRolledBack = status?.conditions?.some(({ type, reason }) => type === "Stalled" && reason === "RolledBack");
  const hostTarget = hostRevisionOf(spec);
  const at = (target: string): Targets => ({ target, hostTarget });
  const mayRollBack = spec.update.onStall === "Rollback" && !spec.update.paused;

  if (wasRolledBack && spec.update.onStall === "Rollback" && status?.previousRevision === wanted) {
    return rolledBack(at(last), wanted, stuckAt(at(last), observed), status.canary);
  }
  const from = startingPointOf({ wanted, last, previous: wasRolledBack ? undefined : status?.previousRevision });
  const canary = canaryOf(observed, { wanted, hostTarget, last, from }, now);
  const stuck = [...stuckAt(at(wanted), observed), ...(from === undefined ? [] : quarantinedAt(at(wanted), observed))];
  const hasFailed = stuck.some((member) => !isHost(member)) || canary?.hold === "Disagreed";
  if (hasFailed && from !== undefined && mayRollBack) return rolledBack(at(from), wanted, stuck, canary?.record);
  const base = { ...at(wanted), startRevision: wanted, stuck };
  const isDone = isComplete(at(wanted), observed) || (from === undefined && !hasOtherRevision(at(wanted), observed));
  if (isDone && canary?.hold === undefined) {
    return { ...base, state: stuck.length > 0 ? "Stalled" : "Steady" };
  }
  const inProgress = {
    ...base,
    ...(from !== undefined && { previous: from }),
    ...(canary !== undefined && { canary }),
  };
  if (spec.update.paused) {
    const isStarting = canary?.hold === undefined || isCanaryMissing(observed, canary);
    const startRevision = isStarting ? observed.workload?.revision : from;
    return { ...inProgress, state: "Paused", startRevision: startRevision ?? from ?? wanted };
  }
  const isStopped = stuck.length > 0 || canary?.hold === "Disagreed" || canary?.hold === "TimedOut";
  const startRevision = canary?.hold === undefined ? wanted : canaryStartOf(observed, canary, { wanted, from });
  return { ...inProgress, startRevision, state: isStopped ? "Stalled" : "Rolling" };
}

/** Whether the next builder may be updated to the target revision. */
export function mayAdvance({ state, canary }: Rollout): boolean {
  return state !== "Paused" && state !== "Stalled" && canary?.hold !== "Announced";
}

/**
 * Whether the builder has a revision that the rollout wants there now. During a trial that is any loud revision, except
 * for a canary. Hosts are no canaries, and keep their revision.
 */
export function hasWantedRevision(member: Member, rollout: Rollout): boolean {
  const { canary } = rollout;
  const { revision, ordinal = -1 } = member;
  if (canary?.hold === undefined || canary.ordinals.has(ordinal)) return !isOutdated(member, rollout);
  return isHost(member) || revision === undefined || canary.record.loudRevisions.includes(revision);
}

function rolledBack(to: Targets, from: string, stuck: readonly Member[], record: CanaryStatus | undefined): Rollout {
  const canary = record && { record, ordinals: new Set<number>() };
  return { state: "RolledBack", ...to, startRevision: to.target, previous: from, stuck, ...(canary && { canary }) };
}

/**
 * The revision at which missing ordinals start during a trial. A StatefulSet has one template. So the template has the
 * revision on trial only while a canary starts, and a builder that crashes meanwhile is replaced again.
 */
function canaryStartOf(
  observed: ObservedPool,
  canary: Canary,
  { wanted, from = wanted }: { readonly wanted: string; readonly from: string | undefined },
): string {
  if (canary.hold === "Announced" || canary.hold === "Disagreed") return from;
  const isLeaving = (member: Member) =>
    canary.ordinals.has(member.ordinal ?? -1) && member.pod?.revision !== wanted && isIdle(member);
  return isCanaryMissing(observed, canary) || observed.members.some(isLeaving) ? wanted : from;
}

/** Whether a canary has no pod, or a pod that ends. */
function isCanaryMissing({ members }: ObservedPool, { ordinals }: Canary): boolean {
  const pods = new Set(
    members.filter((member) => member.pod !== undefined && !isEnding(member)).map(({ ordinal }) => ordinal),
  );
  return [...ordinals].some((ordinal) => !pods.has(ordinal));
}

/** The revisions that all pods and all outside hosts should have. */
export type Targets = Pick<Rollout, "target" | "hostTarget">;

/** The revision that the builder should have. */
export function targetOf(member: Member, { target, hostTarget }: Targets): string {
  return isHost(member) ? hostTarget : target;
}

/** Whether the present process has another revision than it should. A host without a revision started as it is told. */
export function isOutdated(member: Member, targets: Targets): boolean {
  return member.revision !== undefined && member.revision !== targetOf(member, targets);
}

/** The last revision that all builders had; undefined if it equals the wanted one. */
function startingPointOf({ wanted, last, previous }: { wanted: string; last: string; previous: string | undefined }) {
  const from = previous ?? last;
  return from === wanted ? undefined : from;
}

function stuckAt(targets: Targets, { pool, members }: ObservedPool): readonly Member[] {
  const timeout = milliseconds(pool.spec.warmup.timeout);
  return members.filter((member) => isAt(targets, member) && isCold(member) && member.ages.stuck >= timeout);
}

/** A quarantined builder counts against the rollout only during an update, since the new revision may be the reason. */
function quarantinedAt(targets: Targets, { members }: ObservedPool): readonly Member[] {
  return members.filter((member) => isAt(targets, member) && member.phase === "Quarantined");
}

function isAt(targets: Targets, member: Member): boolean {
  return isPresent(member) && !isOutdated(member, targets) && !isEnding(member);
}

/**
 * An update is complete if all instances and all present hosts are warm at the revision and no builder is quarantined.
 * A host that is away starts with the revision when it returns.
 */
function isComplete(targets: Targets, observed: ObservedPool): boolean {
  const { pool, members } = observed;
  return (
    members.filter(({ pod }) => pod !== undefined).length >= pool.spec.instances &&
    members.filter(isPresent).every((member) => isAt(targets, member) && !isCold(member)) &&
    quarantinedAt(targets, observed).length === 0
  );
}

function hasOtherRevision(targets: Targets, { members }: ObservedPool): boolean {
  return members.some((member) => isPresent(member) && isOutdated(member, targets));
}
