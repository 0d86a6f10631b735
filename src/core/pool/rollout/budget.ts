import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";

/** How many builders may be out of service, and how many may be there in excess. */
export interface Budget {
  readonly maxUnavailable: number;
  readonly maxSurge: number;
  /** Our own actions never take the number of ready builders below this. */
  readonly minReady: number;
}

/**
 * One budget for everything the operator does to ready builders: updates, restarts, scale-downs and replacing quarantined ones.
 * A share is rounded down. At least one builder may be unavailable, or nothing could ever change, unless an extra one can
 * take its place first: so a pool of one builder is never without.
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
