import type { Caller } from "./accounts.ts";

export type Resource = "core" | "graphql";

export interface Budget {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Milliseconds. */
  readonly resetAt: number;
}

const windowLength = 3_600_000;
const limits = { known: { core: 5000, graphql: 5000 }, anonymous: { core: 60, graphql: 0 } } as const;

/** GitHub's hourly points, per caller and resource. */
export class Budgets {
  readonly #now: () => number;
  readonly #windows = new Map<string, { limit: number; used: number; resetAt: number }>();
  readonly #left = new Map<Resource, { remaining: number; resetAt: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  read(caller: Caller, resource: Resource): Budget {
    const { limit, used, resetAt } = this.#window(caller, resource);
    return { limit, used, remaining: Math.max(0, limit - used), resetAt };
  }

  /** Charges the points. False, without a charge, when fewer points are left. */
  charge(caller: Caller, resource: Resource, points: number): boolean {
    const current = this.#window(caller, resource);
    if (current.used + points > current.limit) return false;
    current.used += points;
    return true;
  }

  /** Limits every caller, later callers included, to this rest until the window ends. */
  leave(resource: Resource, remaining: number, resetInMs = windowLength): void {
    this.#left.set(resource, { remaining, resetAt: this.#now() + resetInMs });
    for (const key of this.#windows.keys()) if (key.startsWith(`${resource} `)) this.#windows.delete(key);
  }

  headers(caller: Caller, resource: Resource): Record<string, string> {
    const { limit, used, remaining, resetAt } = this.read(caller, resource);
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-used": String(used),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-reset": String(Math.ceil(resetAt / 1000)),
      "x-ratelimit-resource": resource,
    };
  }

  #window(caller: Caller, resource: Resource) {
    const key = `${resource} ${caller.key}`;
    const found = this.#windows.get(key);
    if (found !== undefined && found.resetAt > this.#now()) return found;
    const limit = limits[caller.anonymous ? "anonymous" : "known"][resource];
    const left = this.#left.get(resource);
    const fresh =
      left !== undefined && left.resetAt > this.#now()
        ? { limit, used: Math.max(0, limit - left.remaining), resetAt: left.resetAt }
        : { limit, used: 0, resetAt: this.#now() + windowLength };
    this.#windows.set(key, fresh);
    return fresh;
  }
}
