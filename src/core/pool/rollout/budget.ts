import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { maxSurgeOf } from "../../definitions/surge.ts";
import { isDrainedByPerson } from "../builder/member.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";

/** The numbers of builders that may be out of service, and that may run in excess. */
export interface Budget {
  /** Builders that the pool wants in service: its instances and hosts, without builders that a person drained. */
  readonly wanted: number;
  readonly maxUnavailable: number;
  readonly maxSurge: number;
  /** Actions of the operator never reduce the number of ready builders below this. */
  readonly minReady: number;
}

/** The budget of an observed pool, over its pods and its hosts. */
export function poolBudgetOf(observed: Pick<ObservedPool, "pool" | "members" | "takenHosts" | "environment">): Budget {
  const { spec } = observed.pool;
  const hosts = new Set(hostNamesOf(observed));
  const isWanted = ({ name, ordinal }: ObservedPool["members"][number]) =>
    ordinal === undefined ? hosts.has(name) : ordinal < spec.instances;
  const drained = observed.members.filter((member) => isWanted(member) && isDrainedByPerson(member)).length;
  return budgetOf(spec, hosts.size, drained);
}

/**
 * The budget shared by updates, restarts, scale-downs and the replacement of quarantined builders. A percentage is
 * rounded down. Without surge at least one builder may be unavailable, since otherwise no builder could ever be
 * replaced. The same holds with hosts, since a host has no surge. `drained` builders were drained by a person and are
 * not missed.
 */
export function budgetOf(
  { instances, update }: Pick<BuilderPoolSpec, "instances" | "update">,
  hosts = 0,
  drained = 0,
): Budget {
  const wanted = instances + hosts - drained;
  const maxSurge = maxSurgeOf({ instances, update }, hosts);
  const allowed = amountOf(update.maxUnavailable, wanted);
  const maxUnavailable = Math.min(wanted, maxSurge > 0 && hosts === 0 ? allowed : Math.max(1, allowed));
  return { wanted, maxUnavailable, maxSurge, minReady: wanted - maxUnavailable };
}

function amountOf(amount: number | string, whole: number): number {
  if (typeof amount === "number") return amount;
  return Math.floor((whole * Number(amount.slice(0, -1))) / 100);
}
