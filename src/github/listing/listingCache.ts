import type { Listing } from "../../core/pullRequest/pullRequest.ts";
import type { CachedPullRequest } from "../graphql/pullRequestNode.ts";
import type { ProbeEntry } from "./probe.ts";

/** What is remembered of one repository and base branch between two listings. */
export interface ListingCache {
  readonly repository: string;
  readonly branch: string;
  /** The open pull requests with this base, by number. */
  readonly entries: Map<number, CacheEntry>;
  /** Last answer of the probe. */
  probe: { readonly etag: string | undefined; readonly entries: readonly ProbeEntry[] } | undefined;
  /** The newest change that the entries have taken in, by GitHub's clock. */
  seenUntil: string;
  /** Monotonic: when the last complete reading began, and the last reading of all statuses. */
  completeAt: number | undefined;
  statusesAt: number;
  /** The latter by the wall clock. */
  startedAt: number;
  /** Monotonic: when it was last asked for. */
  askedAt: number;
  /** Milliseconds: how old statuses may become for those who request. */
  maxAge: number;
}

/** An open pull request. Replaced whole, never changed, so that a reader can see that it was. */
export interface CacheEntry {
  /** GitHub's id. */
  readonly id: string;
  /** Absent when it could not be read. */
  readonly cached?: CachedPullRequest;
  /** GitHub's clock when reading began: a change within that second may have been missed. */
  readonly readAt: string;
  /** The same moment by our monotonic clock. */
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
    askedAt: 0,
    maxAge: 0,
  };
}

export function listingOf(cache: ListingCache, teams: Listing["teams"]): Listing {
  const { repository, branch, startedAt } = cache;
  const entries = [...cache.entries].sort(([a], [b]) => a - b);
  return {
    repository,
    branch,
    pullRequests: entries.flatMap(([, { cached }]) => (cached === undefined ? [] : [cached.pullRequest])),
    unreadable: entries.flatMap(([number, { cached }]) => (cached === undefined ? [number] : [])),
    teams,
    startedAt,
  };
}
