import { milliseconds } from "../../../api/values/duration.ts";
import { isCold, isEnding, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { revisionOf } from "./revision.ts";

/** Where the pool's revision is going, and whether the next step of the way may be taken. */
export interface Rollout {
  readonly state: "Steady" | "Rolling" | "Paused" | "Stalled" | "RolledBack";
  /** Revision the builders should have. */
  readonly target: string;
  /** Revision at which missing ordinals are started. */
  readonly run: string;
  /** Where a rollback returns to while an update is in progress; once rolled back, the revision that was given up. */
  readonly previous?: string;
  /** Builders at the target revision that do not get warm, and in an update those that gave up on themselves. */
  readonly stuck: readonly Member[];
}

/**
 * Nothing is remembered but what is in the pool's status: `revision` and `previousRevision`, and for a rollback the word of
 * its Stalled condition. A rollback holds until the spec asks for yet another revision, or for `onStall: Pause`.
 */
export function rolloutOf(observed: ObservedPool): Rollout {
  const { spec, status } = observed.pool;
  const wanted = revisionOf(spec, observed.environment?.program);
  const last = status?.revision ?? wanted;
  const wasRolledBack = status?.conditions?.some(({ type, reason }) => type === "Stalled" && reason === "RolledBack");
  const mayRollBack = spec.update.onStall === "Rollback" && !spec.update.paused;

  if (wasRolledBack && spec.update.onStall === "Rollback" && status?.previousRevision === wanted) {
    return { state: "RolledBack", target: last, run: last, previous: wanted, stuck: stuckAt(last, observed) };
  }
  const from = cameFrom({ wanted, last, previous: wasRolledBack ? undefined : status?.previousRevision });
  const stuck = [...stuckAt(wanted, observed), ...(from === undefined ? [] : quarantinedAt(wanted, observed))];
  if (stuck.length > 0 && from !== undefined && mayRollBack) {
    return { state: "RolledBack", target: from, run: from, previous: wanted, stuck };
  }
  const base = { target: wanted, run: wanted, stuck };
  if (isComplete(wanted, observed) || (from === undefined && !isAnyElsewhere(wanted, observed))) {
    return { ...base, state: stuck.length > 0 ? "Stalled" : "Steady" };
  }
  const underWay = { ...base, ...(from !== undefined && { previous: from }) };
  if (spec.update.paused) {
    return { ...underWay, state: "Paused", run: observed.workload?.revision ?? from ?? wanted };
  }
  return { ...underWay, state: stuck.length > 0 ? "Stalled" : "Rolling" };
}

/** Whether the next builder may be taken to the target revision. */
export function mayAdvance({ state }: Rollout): boolean {
  return state !== "Paused" && state !== "Stalled";
}

/** The last revision that all builders had; undefined when it is the wanted one, or none is known. */
function cameFrom({ wanted, last, previous }: { wanted: string; last: string; previous: string | undefined }) {
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

/** One that gives up on itself says nothing about the pool, but in an update it speaks against what it was given. */
function quarantinedAt(revision: string, { members }: ObservedPool): readonly Member[] {
  return members.filter(
    (member) => member.pod?.revision === revision && !isEnding(member) && member.phase === "Quarantined",
  );
}

/** An update has ended when all instances are there, at the revision, past their warm-up, and none has given up on itself. */
function isComplete(revision: string, observed: ObservedPool): boolean {
  const { pool, members } = observed;
  const pods = members.filter(({ pod }) => pod !== undefined);
  return (
    pods.length >= pool.spec.instances &&
    pods.every((member) => member.pod?.revision === revision && !isEnding(member) && !isCold(member)) &&
    quarantinedAt(revision, observed).length === 0
  );
}

function isAnyElsewhere(revision: string, { members }: ObservedPool): boolean {
  return members.some(({ pod }) => pod !== undefined && pod.revision !== revision);
}
