import { isCold, isEnding, type Member } from "../builder/member.ts";
import type { Budget } from "./budget.ts";
import { canarySurgeOf } from "./canaryOrdinals.ts";
import { mayAdvance, type Rollout } from "./rollout.ts";

/**
 * The number of ordinals that the pool wants: the declared ones, plus surge ordinals above them during updates and
 * restarts. The surge is at most one for each builder in service that must be replaced. A surge builder is later scaled
 * down like any other. The budget allows that only after the replaced builder is ready again. Canaries take surge
 * ordinals first.
 */
export function placesOf(
  { instances, maxSurge }: { readonly instances: number; readonly maxSurge: Budget["maxSurge"] },
  members: readonly Member[],
  rollout: Rollout,
  mustBeReplaced: (member: Member) => boolean,
): number {
  const declared = members.filter(({ ordinal = instances }) => ordinal < instances);
  const toReplace = declared.filter((member) => isInService(member) && mustBeReplaced(member)).length;
  const isUpdating = declared.some(({ pod }) => pod !== undefined && pod.revision !== rollout.target);
  const heldSurge = isUpdating && !mayAdvance(rollout) ? surgeAt(instances, members, rollout.target) : 0;
  const canarySurge = mayAdvance(rollout) ? canarySurgeOf(rollout.canary?.ordinals ?? new Set(), instances) : 0;
  return instances + Math.min(maxSurge, Math.max(toReplace, heldSurge, canarySurge));
}

/**
 * The replicas of the workload: they cover every wanted ordinal, and every higher ordinal of a builder that still
 * drains (`draining`). A StatefulSet removes the highest ordinal first. A builder that drained early therefore idles
 * until all higher ordinals are gone.
 */
export function replicasFor(places: number, draining: readonly Member[]): number {
  return Math.max(places, ...draining.map(({ ordinal = -1 }) => ordinal + 1));
}

/** Whether the builder is Ready, or was Ready and drains. */
function isInService(member: Member): boolean {
  return !isCold(member) && member.phase !== "Quarantined" && member.phase !== "Lost";
}

/** The number of surge builders, without a gap, already at the revision. A paused or stalled update keeps them. */
function surgeAt(instances: number, members: readonly Member[], revision: string): number {
  let count = 0;
  for (const member of members) {
    if (member.ordinal === instances + count && member.pod?.revision === revision && !isEnding(member)) count += 1;
  }
  return count;
}
