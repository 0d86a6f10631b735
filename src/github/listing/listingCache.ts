import type { Listing } from "../../core/pullRequest/pullRequest.ts";
import type { CachedPullRequest } from "./cachedPullRequest.ts";
import type { ProbeEntry } from "./probeEntry.ts";

/** The cached open pull requests of one repository and base branch. */
export interface ListingCache {
  readonly repository: string;
  readonly branch: string;
  /** The open pull requests with this base, by number. */
  readonly entries: Map<number, CacheEntry>;
  /** Last reply to the probe. */
  probe: { readonly etag: string | undefined; readonly entries: readonly ProbeEntry[] } | undefined;
  /** The newest change that the entries contain, by GitHub's clock. */
  seenUntil: string;
  /** Start of the last complete reading, on the monotonic clock. */
  completeAt: number | undefined;
  /** Start of the last reading of all statuses, on the monotonic clock. */
  statusesAt: number;
  /** The same moment on the wall clock. */
  startedAt: number;
  /** Last request for this listing, on the monotonic clock. */
  requestedAt: number;
  /** Maximum age of statuses, in milliseconds. */
  maxAge: number;
}

/** An open pull request. Immutable, so that a concurrent reader detects a replacement by identity. */
export interface CacheEntry {
  /** GitHub's id. */
  readonly id: string;
  /** Absent when the pull request could not be read. */
  readonly cached?: CachedPullRequest;
  /** GitHub's clock at the start of the reading. The reading may miss a change within that second. */
  readonly readAt: string;
  /** The same moment on our monotonic clock. */
  readonly triedAt: number;
}

export function createListingCache(repository: string, branch: string): ListingCache {
  return {
    repository,
    branch,
    entries: new Map(),
    probe: undefined,
    seenUntil: "",
    completeAt: undefined,
    statusesAt: 0,
    startedAt: 0,
    requestedAt: 0,
    maxAge: 0,
  };
}

/** The listing in the order of numbers. Entries that could not be read go to `unreadable`. */
export function listingOf(cache: ListingCache, teams: Listing["teams"]): Listing {
  const { repository, branch, startedAt } = cache;
  const entries = [...cache.entries].sort(([a], [b]) => a - b);
  return {
    repository,
    branch,
    pullRequests: entries.flatMap(([, { cached }]) => (cached === undefined ? [] : [cached.pullRequest])),
    unreadable: entries.flatMap(([number, { cached }]) => (cached === undefined ? [number] : [])),
    teams,
    origins: new Map(
      entries.flatMap(([, { cached }]) =>
        cached === undefined || cached.origins.length === 0 ? [] : [[cached.pullRequest.head.commit, cached.origins]],
      ),
    ),
    startedAt,
  };
}
