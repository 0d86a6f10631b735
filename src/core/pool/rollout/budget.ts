import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";

/** The numbers of builders that may be out of service, and that may run in excess. */
export interface Budget {
  readonly maxUnavailable: number;
  readonly maxSurge: number;
  /** Actions of the operator never reduce the number of ready builders below this. */
  readonly minReady: number;
}

/**
 * The budget shared by updates, restarts, scale-downs and the replacement of quarantined builders. A percentage is
 * rounded down. Without surge at least one builder may be unavailable, since otherwise no builder could ever be
 * replaced. A pool of one builder has a surge of 1 by default, so it keeps a ready builder.
 */
export function budgetOf(spec: Pick<BuilderPoolSpec, "instances" | "update">): Budget {
  const { instances, update } = spec;
  const maxSurge = update.maxSurge ?? (instances === 1 ? 1 : 0);
  const allowed = amountOf(update.maxUnavailable, instances);
  const maxUnavailable = Math.min(instances, maxSurge > 0 ? allowed : Math.max(1, allowed));
  return { maxUnavailable, maxSurge, minReady: instances - maxUnavailable };
}

function amountOf(amount: number | string, whole: number): number {
  if (typeof amount === "number") return amount;
  return Math.floor((whole * Number(amount.slice(0, -1))) / 100);
}
