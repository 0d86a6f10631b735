import type { Milliseconds } from "../../api/values/duration.ts";
import { GitHubError } from "../../github/github.ts";
import type { Clock } from "../../system/clock.ts";

/** A missing right is looked at again so often: a person must act first. */
export const unauthorizedPause: Milliseconds = 5 * 60_000;
const shortest: Milliseconds = 1000;
const longest: Milliseconds = 3_600_000;

/** For how long a failure stops all writes to a repository; undefined when it concerns one write alone. */
export function reporterPauseOf(error: unknown, now: Milliseconds): Milliseconds | undefined {
  if (!(error instanceof GitHubError)) return undefined;
  if (error.code === "Unauthorized") return unauthorizedPause;
  if (error.code !== "RateLimited") return undefined;
  return Math.min(longest, Math.max(shortest, (error.retryAt ?? now + 60_000) - now));
}

/** Pauses by name, on the monotonic clock. */
export interface Pauses {
  /** Milliseconds left; 0 when there is none. */
  left(name: string): Milliseconds;
  begin(name: string, span: Milliseconds): void;
}

export function createPauses(clock: Pick<Clock, "monotonic">): Pauses {
  const until = new Map<string, Milliseconds>();
  return {
    left: (name) => Math.max(0, (until.get(name) ?? 0) - clock.monotonic()),
    begin: (name, span) => void until.set(name, clock.monotonic() + span),
  };
}
