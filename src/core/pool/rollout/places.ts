import { isCold, isEnding, type Member } from "../builder/member.ts";
import type { Budget } from "./budget.ts";
import { mayAdvance, type Rollout } from "./rollout.ts";

/**
 * Ordinals the pool has a place for: the declared ones, and during updates and restarts extra ones above them, at most
 * one for each builder in service that is to be replaced. An extra one that is no longer wanted is scaled down like any other,
 * which the budget allows only when the builder it stood in for is ready again.
 */
export function placesOf(
  { instances, maxSurge }: { readonly instances: number; readonly maxSurge: Budget["maxSurge"] },
  members: readonly Member[],
  rollout: Rollout,
  mustBeReplaced: (member: Member) => boolean,
): number {
  const declared = members.filter(({ ordinal = instances }) => ordinal < instances);
  const leaving = declared.filter((member) => isInService(member) && mustBeReplaced(member)).length;
  const waiting = declared.some(({ pod }) => pod !== undefined && pod.revision !== rollout.target);
  const kept = waiting && !mayAdvance(rollout) ? extraAt(instances, members, rollout.target) : 0;
  return instances + Math.min(maxSurge, Math.max(leaving, kept));
}

/**
 * What StatefulSet is told: room for every place, and for those above that still hold theirs. It removes the highest first, so a
 * builder that drained early stays, idle, until those above it have gone.
 */
export function replicasFor(places: number, holding: readonly Member[]): number {
  return Math.max(places, ...holding.map(({ ordinal = -1 }) => ordinal + 1));
}

/** Ready, or on the way from there to its deletion. */
function isInService(member: Member): boolean {
  return !isCold(member) && member.phase !== "Quarantined" && member.phase !== "Lost";
}

/** Extra builders without a gap that are at the revision already: a paused or stalled update keeps them where they are. */
function extraAt(instances: number, members: readonly Member[], revision: string): number {
  let count = 0;
  for (const member of members) {
    if (member.ordinal === instances + count && member.pod?.revision === revision && !isEnding(member)) count += 1;
  }
  return count;
}
