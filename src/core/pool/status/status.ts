import { poolLabel } from "../../../api/objects/group.ts";
import type { BuilderPoolStatus } from "../../../api/objects/pool.ts";
import { isHost } from "../builder/host.ts";
import { isPresent, isServing } from "../builder/member.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ListingState, ObservedPool } from "../observed.ts";
import type { Removals } from "../rollout/removal.ts";
import { isOutdated, type Rollout } from "../rollout/rollout.ts";
import { changedConditionsOf, conditionsOf } from "./conditions.ts";
import { hostLogsOf, logAddressesOf } from "./logAddresses.ts";

/** The complete status of the pool. An unknown value is absent, never 0. */
export function statusOf(observed: ObservedPool, rollout: Rollout, removals: Removals, now: number): BuilderPoolStatus {
  const { pool, members, waiting, environment } = observed;
  const count = (holds: (member: (typeof members)[number]) => boolean) => members.filter(holds).length;
  return {
    ...(pool.metadata.generation !== undefined && { observedGeneration: pool.metadata.generation }),
    revision: rollout.target,
    ...(rollout.previous !== undefined && { previousRevision: rollout.previous }),
    instances: count(({ pod }) => pod !== undefined),
    outside: new Set([...hostNamesOf(observed), ...members.filter(isHost).map(({ name }) => name)]).size,
    ready: count(({ phase }) => phase === "Ready"),
    active: count(isServing),
    updated: count((member) => isPresent(member) && !isOutdated(member, rollout)),
    building: count(({ status }) => status?.building !== undefined),
    ...(waiting !== undefined && { queued: waiting.queued }),
    ...(waiting?.oldest !== undefined && { oldest: waiting.oldest }),
    selector: `${poolLabel}=${pool.metadata.name}`,
    ...(environment?.logsUrl !== undefined && { logAddresses: [...logAddressesOf(pool, environment.logsUrl)] }),
    ...hostLogsOf(pool, environment),
    listings: observed.listings.map((listing) => withSteadyTime(listing, pool.status?.listings)),
    ...(observed.uncovered !== undefined && { uncovered: observed.uncovered.length }),
    ...(observed.comparisons !== undefined &&
      observed.comparisons.length > 0 && { comparisons: [...observed.comparisons] }),
    ...(rollout.canary !== undefined && { canary: rollout.canary.record }),
    conditions: [...conditionsOf(observed, rollout, removals, now)],
  };
}

/**
 * Whether a change needs a prompt write: a condition, the observed generation, a revision or the phase of its trial.
 * Counts and messages may wait.
 */
export function hasUrgentChange(before: BuilderPoolStatus | undefined, after: BuilderPoolStatus): boolean {
  if (before?.conditions === undefined || changedConditionsOf(before.conditions, after.conditions).length > 0)
    return true;
  const fields = ["observedGeneration", "revision", "previousRevision", "selector"] as const;
  if (fields.some((field) => before[field] !== after[field])) return true;
  const canary = (["revision", "phase", "since"] as const).some(
    (field) => before.canary?.[field] !== after.canary?.[field],
  );
  return canary || (before.canary === undefined) !== (after.canary === undefined);
}

/** A listing with the same result keeps its old time. The time alone would cause a status write every minute. */
function withSteadyTime(listing: ListingState, before: readonly ListingState[] = []): ListingState {
  const last = before.find(({ repository, branch }) => repository === listing.repository && branch === listing.branch);
  const isSame =
    last !== undefined &&
    last.listedAt !== undefined &&
    listing.listedAt !== undefined &&
    !listing.stale &&
    !last.stale &&
    last.pullRequests === listing.pullRequests &&
    last.message === listing.message;
  return isSame ? last : listing;
}
