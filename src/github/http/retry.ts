import type { Clock } from "../../system/clock.ts";
import { GitHubError } from "../github.ts";

/**
 * For one read out of many: a single 502 must not throw away the hundred pages read before it. Tries again after each pause, with
 * up to half as much again so that several readers do not come back together. Writes and limits are left to the caller's queue.
 */
export async function retry<T>(
  work: () => Promise<T>,
  pauses: readonly number[],
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GitHubError) || error.code !== "Unreachable") throw error;
      await clock.sleep(pause * (1 + clock.random() / 2), signal);
    }
  }
  return await work();
}
