import type { Budget } from "./github.ts";

export interface Budgets {
  /** Notes what an answer's headers say; `skew` is GitHub's clock minus ours, in milliseconds. */
  note(headers: Headers, skew: number): void;
  /** When reads of this resource may go on, while its budget is kept for writes; undefined when they may now. */
  heldUntil(resource: Budget["resource"], now: number): number | undefined;
  all(): readonly Budget[];
}

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** The last known budgets. Below a twentieth of the limit, reads wait for the reset so that verdicts still get out. */
export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>();
  return {
    note(headers, skew) {
      const budget = budgetOf(headers, skew);
      if (budget !== undefined) budgets.set(budget.resource, budget);
    },
    heldUntil(resource, now) {
      const budget = budgets.get(resource);
      if (budget === undefined || now >= budget.resetAt) return undefined;
      return budget.remaining < budget.limit / 20 ? budget.resetAt : undefined;
    },
    all: () => [...budgets.values()],
  };
}

function budgetOf(headers: Headers, skew: number): Budget | undefined {
  const resource = headers["x-ratelimit-resource"];
  if (resource !== "core" && resource !== "graphql") return undefined;
  const [limit, remaining, used, reset] = ["limit", "remaining", "used", "reset"].map((name) =>
    Number.parseInt(String(headers[`x-ratelimit-${name}`] ?? ""), 10),
  );
  if (!isCount(limit) || !isCount(remaining) || !isCount(reset)) return undefined;
  return { resource, limit, remaining, used: isCount(used) ? used : limit - remaining, resetAt: reset * 1000 - skew };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}
