import type { BuilderPool } from "../../api/objects/pool.ts";
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
  /** The connection a pool uses; undefined while its credential is missing. */
  github(pool: BuilderPool): GitHub | undefined;
}

const longestPause: Milliseconds = 10 * 60_000;

/**
 * Lists one target and keeps the answer. Returns when to list it again, undefined when nobody wants it any more. A failure of
 * GitHub is no failure here: what was known is kept, and the next attempt waits as GitHub asks, or twice as long each time.
 */
export async function listTarget(
  key: string,
  world: ListerWorld,
  signal: AbortSignal,
): Promise<Milliseconds | undefined> {
  const { listings, log } = world;
  const target = listings.target(key);
  if (target === undefined) return undefined;
  const { repository, branch, teams, pollInterval } = target;
  const before = listings.failures(key);
  try {
    const listing = await connection(target, before, world).list({ repository, branch, teams, pollInterval, signal });
    listings.succeed(key, listing);
    if (before > 0) log.info({ repository, branch, failures: before }, "listing is fresh again");
    return pollInterval;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const pause = pauseAfter(error, before, pollInterval, world.clock.now());
    listings.fail(key, `${error.message}; tried again in ${formatDuration(pause)}`.slice(0, 1024));
    if (before === 0) log.warn({ repository, branch, code: error.code, reason: error.message }, "listing is stale");
    return pause;
  }
}

/** After each failure the next pool's: a credential that is refused must not keep others from their pull requests. */
function connection({ pools, repository }: Target, failures: number, { github }: ListerWorld): GitHub {
  const connections = [...new Set(pools.map((pool) => github(pool)))].filter((one) => one !== undefined);
  const one = connections[failures % connections.length];
  if (one !== undefined) return one;
  const names = pools.map(({ metadata }) => `"${metadata.name}"`).join(", ");
  throw new GitHubError("Unauthorized", `There is no GitHub credential for ${repository}; give the pool ${names} one`);
}

function pauseAfter(
  { retryAt }: GitHubError,
  failures: number,
  pollInterval: Milliseconds,
  now: Milliseconds,
): Milliseconds {
  const pause = Math.min(pollInterval * 2 ** failures, Math.max(pollInterval, longestPause));
  return Math.max(pause, retryAt === undefined ? 0 : retryAt - now);
}
