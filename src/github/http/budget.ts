import { type Budget, GitHubError } from "../github.ts";

export interface Budgets {
  /** Notes what an answer's headers say; `skew` is GitHub's clock minus ours, in milliseconds. */
  note(headers: Headers, skew: number): void;
  /** When reads of this resource may go on, while its budget is kept for writes; undefined when they may now. */
  heldUntil(resource: Budget["resource"], now: number): number | undefined;
  /** Notes a limit that was met: who goes on asking before it ends may be shut out. */
  meet(resource: Budget["resource"], limit: GitHubError): void;
  /** The limit that nothing may be asked before the end of; undefined when there is none. */
  limitOn(resource: Budget["resource"], now: number): GitHubError | undefined;
  all(): readonly Budget[];
}

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** GitHub's windows have an hour: what ends much later was noted before our clock was set back. */
const longestLimit = 2 * 3_600_000;

/** The last known budgets. Below a twentieth of the limit, reads wait for the reset so that verdicts still get out. */
export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>();
  const limits = new Map<string, GitHubError>();
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
    meet: (resource, limit) => void limits.set(resource, limit),
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
