import type { BuilderPool } from "../../api/objects/pool.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { formatDuration, type Milliseconds } from "../../api/values/duration.ts";
import { type GitHub, GitHubError } from "../../github/github.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Listings } from "./listings.ts";
import type { Target } from "./targets.ts";

export interface ListerWorld {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly listings: Listings;
  /** The pool's GitHub connection; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}

const longestPause: Milliseconds = 10 * 60_000;

/**
 * Lists one target and stores the listing. `reread` returns pull requests to read without a sign of a change. Returns
 * the time to the next attempt, or undefined for an unused target. A `GitHubError` does not fail: the last listing
 * stays, and the next attempt waits as GitHub requests. Without such a request the pause doubles with each failure.
 */
export async function listTarget(
  key: string,
  world: ListerWorld,
  reread: (target: Target) => readonly number[],
  signal: AbortSignal,
): Promise<Milliseconds | undefined> {
  const { listings, log } = world;
  const target = listings.target(key);
  if (target === undefined) return undefined;
  const { repository, branch, teams, pollInterval } = target;
  const before = listings.failures(key);
  try {
    const listing = await connectionFor(target, before, world).list({
      repository,
      branch,
      teams,
      pollInterval,
      reread: reread(target),
      signal,
    });
    listings.succeed(key, listing);
    if (before > 0) log.info({ repository, branch, failures: before }, "listed the pull requests again after failures");
    return pollInterval;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const pause = pauseOf(error, before, pollInterval, world.clock.now());
    listings.fail(key, `${error.message}; tried again in ${formatDuration(pause)}`.slice(0, 1024));
    if (before === 0) {
      const facts = { repository, branch, code: error.code, reason: error.message };
      log.warn(facts, "could not list the pull requests; the last listing stays in use, and the next attempt follows");
    }
    return pause;
  }
}

/** Each failure switches to the next pool's connection: one refused credential must not block the other pools. */
function connectionFor({ pools, repository }: Target, failures: number, { github }: ListerWorld): GitHub {
  const connections = [...new Set(pools.map((pool) => github(pool)))].filter((one) => one !== undefined);
  const connection = connections[failures % connections.length];
  if (connection !== undefined) return connection;
  const names = pools.map(({ metadata }) => `"${metadata.name}"`).join(", ");
  throw new GitHubError("Unauthorized", `There is no GitHub credential for ${repository}; give the pool ${names} one`);
}

function pauseOf(
  { retryAt }: GitHubError,
  failures: number,
  pollInterval: Milliseconds,
  now: Milliseconds,
): Milliseconds {
  const pause = backoffDelay({ firstMs: pollInterval, maxMs: Math.max(pollInterval, longestPause) }, failures + 1);
  return Math.max(pause, retryAt === undefined ? 0 : retryAt - now);
}
