import type { Clock } from "../../system/clock.ts";
import { GitHubError } from "../github.ts";

/**
 * Retries one read after each of `pauses`: a single 502 must not discard the hundred pages read before.
 * Each pause grows by a random share of up to one half, so that several readers do not retry together.
 * Only `Unreachable` is retried. The caller's queue handles writes and rate limits.
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
