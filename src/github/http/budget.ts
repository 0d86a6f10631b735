import { type Budget, GitHubError } from "../github.ts";

export interface Budgets {
  /** Records the budget in a reply's headers. `skew` is GitHub's clock minus ours, in milliseconds. */
  record(headers: Headers, skew: number): void;
  /** When reads of this resource may continue, in wall clock milliseconds; undefined when they may continue now. */
  readsHeldUntil(resource: Budget["resource"], now: number): number | undefined;
  /** Records a rate limit. GitHub may ban a client that sends requests before the limit ends. */
  recordLimit(resource: Budget["resource"], limit: GitHubError): void;
  /** The rate limit in force on this resource; undefined without one. */
  limitOn(resource: Budget["resource"], now: number): GitHubError | undefined;
  all(): readonly Budget[];
}

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** GitHub's windows last one hour. A limit with a much later end was recorded before our clock was set back. */
const longestLimit = 2 * 3_600_000;

/** The last known budgets. Below a twentieth of the limit, reads wait for the reset. The rest is kept for verdicts. */
export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>();
  const limits = new Map<string, GitHubError>();
  return {
    record(headers, skew) {
      const budget = budgetOf(headers, skew);
      if (budget !== undefined) budgets.set(budget.resource, budget);
    },
    readsHeldUntil(resource, now) {
      const budget = budgets.get(resource);
      if (budget === undefined || now >= budget.resetAt) return undefined;
      return budget.remaining < budget.limit / 20 ? budget.resetAt : undefined;
    },
    recordLimit: (resource, limit) => void limits.set(resource, limit),
    limitOn(resource, now) {
      const { message, retryAt = 0 } = limits.get(resource) ?? {};
      const left = retryAt - now;
      if (message === undefined || left <= 0 || left > longestLimit) return undefined;
      return new GitHubError("RateLimited", message, { retryAt });
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
