import pLimit from "p-limit";
import type { Log } from "../../system/log.ts";
import { type GitHub, GitHubError } from "../github.ts";
import { requestGraphQL } from "../graphql/graphql.ts";
import { retry } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { noHeads, refreshHeads, ridersOf } from "./heads.ts";
import { createListingCache, type ListingCache, listingOf } from "./listingCache.ts";
import { probe, withoutProbe } from "./probe.ts";
import { createReader } from "./reader.ts";
import type { Request } from "./readPullRequests.ts";
import { createTeams } from "./teams.ts";

/** No probe shows commit statuses. They are read again after two and a half polls, or after this time at the latest. */
const oldestStatuses = 150_000;
/** Everything is read again after this time: some changes appear neither in a probe nor in the statuses. */
const oldestReading = 3_600_000;

/** Lists open pull requests per repository and branch. Keeps a listing cache and reads only changed pull requests. */
export function createList(transport: Transport, log: Log): GitHub["list"] {
  const { clock } = transport;
  const caches = new Map<string, { readonly cache: ListingCache; readonly oneAtATime: ReturnType<typeof pLimit> }>();
  const refreshing = pLimit(1);
  const withRetries = <T>(work: () => Promise<T>, signal: AbortSignal) => retry(work, [500, 2000], clock, signal);
  const request: Request = async (query) => {
    const reply = await withRetries(() => requestGraphQL(transport, query), query.signal);
    log.debug({ what: query.what, cost: reply.cost }, "sent a GraphQL query to GitHub");
    return reply;
  };
  const reader = createReader(request, { clock, log });
  const members = createTeams(request, { clock, log });

  return async ({ repository, branch, teams, pollInterval = 60_000, reread = [], signal }) => {
    const key = `${repository.toLowerCase()} ${branch}`;
    const entry = caches.get(key) ?? { cache: createListingCache(repository, branch), oneAtATime: pLimit(1) };
    caches.set(key, entry);
    return await entry.oneAtATime(async () => {
      signal.throwIfAborted();
      entry.cache.maxAge = Math.min(oldestStatuses, pollInterval * 2.5);
      await update(entry.cache, reread, signal);
      return listingOf(entry.cache, await members(repository, teams, signal));
    });
  };

  async function update(cache: ListingCache, reread: readonly number[], signal: AbortSignal): Promise<void> {
    const now = clock.monotonic();
    cache.requestedAt = now;
    const moves = await withRetries(() => probe(transport, cache, signal), signal).catch((error: unknown) => {
      if (!(error instanceof GitHubError && (error.code === "NotFound" || error.code === "Malformed"))) throw error;
      log.debug(
        { repository: cache.repository, reason: error.message },
        "could not list recent changes; reading all open pull requests instead",
      );
      return withoutProbe;
    });
    const isKnown = cache.completeAt !== undefined && now - cache.completeAt < oldestReading;
    const found = [...moves.wanted, ...unread(cache, now), ...known(cache, reread)];
    const wanted = [...new Map(found.map((one) => [one.number, one])).values()].filter(
      ({ number }) => !moves.gone.includes(number),
    );
    const all = () => [...caches.values()].map((entry) => entry.cache);
    const heads = wanted.length === 0 ? noHeads : ridersOf({ caches: all(), clock });
    if (isKnown && !moves.overflow) await reader.some(cache, { ...moves, wanted, heads }, signal);
    else await reader.all(cache, moves.readAt, signal);
    cache.seenUntil = moves.seenUntil;
    dropUnused(now);
    await refreshing(() => refreshHeads(request, { cache, caches: all(), clock, log }, signal));
  }

  /** Unreadable pull requests are retried as often as statuses are refreshed. */
  function unread(cache: ListingCache, now: number) {
    return [...cache.entries].flatMap(([number, { id, cached, triedAt }]) =>
      cached === undefined && now - triedAt >= cache.maxAge ? [{ number, id }] : [],
    );
  }

  function known({ entries }: ListingCache, numbers: readonly number[]) {
    return numbers.flatMap((number) => {
      const entry = entries.get(number);
      return entry === undefined ? [] : [{ number, id: entry.id }];
    });
  }

  /** Drops caches without a recent request: a deleted pool must cost nothing. */
  function dropUnused(now: number): void {
    for (const [key, { cache }] of caches) if (now - cache.requestedAt > oldestReading) caches.delete(key);
  }
}
