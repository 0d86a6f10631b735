import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import { CommitNode } from "../graphql/pullRequestNode.ts";
import { headsIn, headsPaths, headsQuery, headsSize, mostHeads } from "../graphql/query.ts";
import { type CachedPullRequest, withStatuses } from "./cachedPullRequest.ts";
import type { CacheEntry, ListingCache } from "./listingCache.ts";
import type { Request } from "./readPullRequests.ts";

interface RefreshContext {
  /** The cache of the listing in progress. */
  readonly cache: ListingCache;
  /** All caches to refresh together: GitHub charges a query the same for one commit and for a hundred. */
  readonly caches: readonly ListingCache[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Cached head commits whose statuses are read together. */
export interface Heads {
  /** GitHub's ids of the commits, in the order of `entries`. */
  readonly commitIds: readonly string[];
  readonly entries: readonly {
    readonly owner: ListingCache;
    readonly number: number;
    readonly entry: CacheEntry;
    readonly cached: CachedPullRequest;
  }[];
  /** The caches whose commits are all in `entries`. */
  readonly owners: readonly ListingCache[];
  /** Start of the reading, on the monotonic and on the wall clock. */
  readonly now: number;
  readonly startedAt: number;
}

export const noHeads: Heads = { commitIds: [], entries: [], owners: [], now: 0, startedAt: 0 };

/**
 * The heads of caches at half of the maximum age of their statuses, the oldest first, as many whole caches as a query for
 * changed pull requests can read beside its own items.
 */
export function ridersOf({ caches, clock }: Omit<RefreshContext, "cache" | "log">): Heads {
  return headsOf(withinOf([], dueOf(caches, clock.monotonic(), 0.5)), clock);
}

/** The overdue caches, and as many of the others as the same number of queries can read. */
function withinOf(overdue: readonly ListingCache[], others: readonly ListingCache[]): readonly ListingCache[] {
  const chosen = [...overdue];
  const sum = overdue.reduce((total, { entries }) => total + entries.size, 0);
  let left = Math.max(1, Math.ceil(sum / mostHeads)) * mostHeads - sum;
  for (const cache of others.toSorted((a, b) => a.statusesAt - b.statusesAt)) {
    if (cache.entries.size > left || overdue.includes(cache)) continue;
    left -= cache.entries.size;
    chosen.push(cache);
  }
  return chosen;
}

/** Reads the statuses of all cached head commits again when the statuses of `cache` are too old. */
export async function refreshHeads(request: Request, context: RefreshContext, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { cache, caches, clock, log } = context;
  const now = clock.monotonic();
  if (!isOlder(cache, now, slownessOf(caches))) return;
  // Caches at half of their maximum age fill the last query. All caches soon refresh together, in fewer queries.
  const heads = headsOf(withinOf(dueOf(caches, now, 1), dueOf(caches, now, 0.5)), clock);
  const commits: (CommitNode | undefined)[] = [];
  for (let start = 0; start < heads.commitIds.length; start += mostHeads)
    commits.push(...(await readCommits(request, heads.commitIds.slice(start, start + mostHeads), signal)));
  recordHeads(heads, commits, log);
}

/** Puts the statuses of read commits into the caches. An undefined commit could not be read. */
export function recordHeads(
  { entries, owners, now, startedAt }: Heads,
  commits: readonly (CommitNode | undefined)[],
  log: Log,
): void {
  for (const [position, { owner, number, entry, cached }] of entries.entries()) {
    // Another reading has replaced the entry meanwhile, with newer statuses.
    if (owner.entries.get(number) !== entry) continue;
    const commit = commits[position];
    if (commit === undefined)
      log.warn(
        { repository: owner.repository, number },
        "could not read the statuses of a pull request; the next refresh retries it",
      );
    const { cached: _outdated, ...unread } = entry;
    owner.entries.set(number, commit === undefined ? unread : { ...entry, cached: withStatuses(cached, commit) });
  }
  for (const owner of owners) if (owner.statusesAt < now) Object.assign(owner, { statusesAt: now, startedAt });
}

/** The commits of a reply, in the order of the request. Undefined for an item with an error. */
export function commitsOf(
  data: unknown,
  damaged: readonly ReadonlySet<number>[],
  what: string,
): readonly (CommitNode | undefined)[] {
  const { heads0, heads1, heads2 } = parseReply(Lists, data, what);
  return [heads0, heads1, heads2].flatMap((nodes, list) =>
    nodes.map((node, position) =>
      damaged[list]?.has(position) === true ? undefined : CommitNode.safeParse(node).data,
    ),
  );
}

function headsOf(owners: readonly ListingCache[], clock: Clock): Heads {
  const entries = owners.flatMap((owner) =>
    [...owner.entries].flatMap(([number, entry]) =>
      entry.cached === undefined ? [] : [{ owner, number, entry, cached: entry.cached }],
    ),
  );
  const commitIds = entries.map(({ cached }) => cached.commitId);
  return { commitIds, entries, owners, now: clock.monotonic(), startedAt: clock.now() };
}

function dueOf(caches: readonly ListingCache[], now: number, share: number): readonly ListingCache[] {
  const slowness = slownessOf(caches);
  return caches.filter((cache) => cache.completeAt !== undefined && isOlder(cache, now, slowness * share));
}

function isOlder({ statusesAt, maxAge }: ListingCache, now: number, share: number): boolean {
  return now - statusesAt >= maxAge * share;
}

/** Limits a refresh to five queries per maximum age: with thousands of pull requests the age grows, not the cost. */
function slownessOf(caches: readonly ListingCache[]): number {
  const heads = caches.reduce((sum, { entries }) => sum + entries.size, 0);
  return Math.max(1, Math.ceil(heads / mostHeads) / 5);
}

const List = z.array(z.unknown());
const Lists = z.object({ heads0: List, heads1: List, heads2: List });

/** Reads commits in one query. GitHub stops a query after 10 s: then in one query for each list. */
async function readCommits(
  request: Request,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly (CommitNode | undefined)[]> {
  const what = "the commit statuses of open pull requests";
  const ask = async (some: readonly string[]) => {
    const asked = { query: headsQuery, variables: headsIn(some), what, signal, lists: headsPaths };
    const { data, damaged } = await request(asked);
    return commitsOf(data, damaged, what);
  };
  return await ask(ids).catch(async (error: unknown) => {
    if (!(error instanceof GitHubError && error.code === "Unreachable") || ids.length <= headsSize) throw error;
    const found: (CommitNode | undefined)[] = [];
    for (const list of Object.values(headsIn(ids))) if (list.length > 0) found.push(...(await ask(list)));
    return found;
  });
}
