import type { Milliseconds } from "../../api/values/duration.ts";
import { GitHubError } from "../../github/github.ts";
import type { Clock } from "../../system/clock.ts";

/** Retry interval without access to a repository: a person must act first. */
export const accessPause: Milliseconds = 5 * 60_000;
const shortest: Milliseconds = 1000;
const longest: Milliseconds = 3_600_000;

/** Whether a write lacks a right, or GitHub shows no such repository to the credential. */
export function lacksAccess({ code }: GitHubError): boolean {
  return code === "Unauthorized" || code === "NotFound";
}

/** How long an error pauses all writes to a repository; undefined when the error concerns one write only. */
export function reporterPauseOf(error: unknown, now: Milliseconds): Milliseconds | undefined {
  if (!(error instanceof GitHubError)) return undefined;
  if (lacksAccess(error)) return accessPause;
  if (error.code !== "RateLimited") return undefined;
  return Math.min(longest, Math.max(shortest, (error.retryAt ?? now + 60_000) - now));
}

/** Named pauses, on the monotonic clock. */
export interface Pauses {
  /** Milliseconds left; 0 without a pause. */
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
