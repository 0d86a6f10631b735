import { milliseconds } from "../../../api/values/duration.ts";
import { isCold, isEnding, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { revisionOf } from "./revision.ts";

/** The rollout of a pool: its target revision and its state. */
export interface Rollout {
  readonly state: "Steady" | "Rolling" | "Paused" | "Stalled" | "RolledBack";
  /** The revision that all builders should have. */
  readonly target: string;
  /** The revision at which missing ordinals start. */
  readonly startRevision: string;
  /** During an update: the revision to which a rollback returns. After a rollback: the abandoned revision. */
  readonly previous?: string;
  /** Builders at the target revision without warm-up progress; during an update also the quarantined ones. */
  readonly stuck: readonly Member[];
}

/**
 * Computes the rollout from the observed state. The only memory is the pool's status: `revision`, `previousRevision`,
 * and for a rollback the reason of the condition Stalled. A rollback lasts until the spec has another revision, or
 * `onStall: Pause`.
 */
export function rolloutOf(observed: ObservedPool): Rollout {
  const { spec, status } = observed.pool;
  const wanted = revisionOf(spec, observed.environment?.program);
  const last = status?.revision ?? wanted;
  const wasRolledBack = status?.conditions?.some(({ type, reason }) => type === "Stalled" && reason === "RolledBack");
  const mayRollBack = spec.update.onStall === "Rollback" && !spec.update.paused;

  if (wasRolledBack && spec.update.onStall === "Rollback" && status?.previousRevision === wanted) {
    return { state: "RolledBack", target: last, startRevision: last, previous: wanted, stuck: stuckAt(last, observed) };
  }
  const from = startingPointOf({ wanted, last, previous: wasRolledBack ? undefined : status?.previousRevision });
  const stuck = [...stuckAt(wanted, observed), ...(from === undefined ? [] : quarantinedAt(wanted, observed))];
  if (stuck.length > 0 && from !== undefined && mayRollBack) {
    return { state: "RolledBack", target: from, startRevision: from, previous: wanted, stuck };
  }
  const base = { target: wanted, startRevision: wanted, stuck };
  if (isComplete(wanted, observed) || (from === undefined && !hasOtherRevision(wanted, observed))) {
    return { ...base, state: stuck.length > 0 ? "Stalled" : "Steady" };
  }
  const inProgress = { ...base, ...(from !== undefined && { previous: from }) };
  if (spec.update.paused) {
    return { ...inProgress, state: "Paused", startRevision: observed.workload?.revision ?? from ?? wanted };
  }
  return { ...inProgress, state: stuck.length > 0 ? "Stalled" : "Rolling" };
}

/** Whether the next builder may be updated to the target revision. */
export function mayAdvance({ state }: Rollout): boolean {
  return state !== "Paused" && state !== "Stalled";
}

/** The last revision that all builders had; undefined if it equals the wanted one. */
function startingPointOf({ wanted, last, previous }: { wanted: string; last: string; previous: string | undefined }) {
  const from = previous ?? last;
  return from === wanted ? undefined : from;
}

function stuckAt(revision: string, { pool, members }: ObservedPool): readonly Member[] {
  const timeout = milliseconds(pool.spec.warmup.timeout);
  return members.filter(
    (member) =>
      member.pod?.revision === revision && !isEnding(member) && isCold(member) && member.ages.stuck >= timeout,
  );
}

/** A quarantined builder counts against the rollout only during an update, since the new revision may be the reason. */
function quarantinedAt(revision: string, { members }: ObservedPool): readonly Member[] {
  return members.filter(
    (member) => member.pod?.revision === revision && !isEnding(member) && member.phase === "Quarantined",
  );
}

/** An update is complete if all instances are warm at the revision and no builder is quarantined. */
function isComplete(revision: string, observed: ObservedPool): boolean {
  const { pool, members } = observed;
  const pods = members.filter(({ pod }) => pod !== undefined);
  return (
    pods.length >= pool.spec.instances &&
    pods.every((member) => member.pod?.revision === revision && !isEnding(member) && !isCold(member)) &&
    quarantinedAt(revision, observed).length === 0
  );
}

function hasOtherRevision(revision: string, { members }: ObservedPool): boolean {
  return members.some(({ pod }) => pod !== undefined && pod.revision !== revision);
}
