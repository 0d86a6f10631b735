import type { ListingState } from "../../core/pool/observed.ts";
import type { Listing } from "../../core/pullRequest/pullRequest.ts";
import type { Target } from "./targets.ts";

/** The last complete listing of every target, with its failures since. In memory only: a restart lists again. */
export interface Listings {
  /** Sets the targets. Drops the listings of other targets. */
  setTargets(targets: ReadonlyMap<string, Target>): void;
  target(key: string): Target | undefined;
  /** The last complete listing; undefined before the first. */
  get(key: string): Listing | undefined;
  succeed(key: string, listing: Listing): void;
  /** Keeps the last listing. `message` contains the error and the time to the next attempt. */
  fail(key: string, message: string): void;
  /** Consecutive failures. */
  failures(key: string): number;
  /** Whether every target has a fresh listing; false until the first `setTargets`. */
  areFresh(): boolean;
  /** Sorted by repository and branch. Only the listings of `pool` when given. */
  states(pool?: string): readonly ListingState[];
}

interface Entry {
  readonly target: Target;
  readonly listing?: Listing;
  readonly failures: number;
  readonly message?: string;
}

export function createListings(): Listings {
  let entries: ReadonlyMap<string, Entry> | undefined;

  const entry = (key: string) => entries?.get(key);
  const replace = (key: string, change: (before: Entry) => Entry) => {
    const before = entry(key);
    if (before !== undefined) entries = new Map(entries).set(key, change(before));
  };

  return {
    setTargets(targets) {
      entries = new Map([...targets].map(([key, target]) => [key, { failures: 0, ...entry(key), target }]));
    },
    target: (key) => entry(key)?.target,
    get: (key) => entry(key)?.listing,
    succeed: (key, listing) => replace(key, ({ target }) => ({ target, listing, failures: 0 })),
    fail: (key, message) => replace(key, (before) => ({ ...before, failures: before.failures + 1, message })),
    failures: (key) => entry(key)?.failures ?? 0,
    areFresh: () => [...(entries?.values() ?? [{ failures: 1 }])].every(isFresh),
    states: (pool) =>
      [...(entries?.values() ?? [])]
        .filter(({ target }) => pool === undefined || target.pools.some(({ metadata }) => metadata.name === pool))
        .map(stateOf)
        .sort((a, b) => (`${a.repository} ${a.branch}` < `${b.repository} ${b.branch}` ? -1 : 1)),
  };
}

function isFresh({ listing, failures }: Pick<Entry, "listing" | "failures">): boolean {
  return listing !== undefined && failures === 0;
}

function stateOf({ target: { repository, branch }, listing, failures, message }: Entry): ListingState {
  return {
    repository,
    branch,
    stale: failures > 0,
    ...(listing === undefined
      ? {}
      : {
          listedAt: new Date(listing.startedAt).toISOString(),
          pullRequests: listing.pullRequests.length + listing.unreadable.length,
        }),
    ...(message === undefined ? {} : { message }),
  };
}
