import pLimit from "p-limit";
import type { Log } from "../../system/log.ts";
import { type GitHub, GitHubError } from "../github.ts";
import { request as askOnce } from "../graphql/graphql.ts";
import { retry } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { refreshHeads } from "./heads.ts";
import { createListingCache, type ListingCache, listingOf } from "./listingCache.ts";
import { blind, probe } from "./probe.ts";
import { createReader } from "./reader.ts";
import type { Request } from "./readPullRequests.ts";
import { createTeams } from "./teams.ts";

/** Commit statuses, which no probe shows, are read anew after two and a half polls, and after this at the latest. */
const oldestStatuses = 150_000;
/** Everything is read anew after this, for what no other way shows. */
const oldestReading = 3_600_000;

/** Reads the open pull requests of every repository and branch it is asked about, and of those only what changed. */
export function createList(transport: Transport, log: Log): GitHub["list"] {
  const { clock } = transport;
  const lanes = new Map<string, { readonly cache: ListingCache; readonly inTurn: ReturnType<typeof pLimit> }>();
  const refreshing = pLimit(1);
  const patiently = <T>(work: () => Promise<T>, signal: AbortSignal) => retry(work, [500, 2000], clock, signal);
  const request: Request = async (question) => {
    const reply = await patiently(() => askOnce(transport, question), question.signal);
    log.debug({ what: question.what, cost: reply.cost }, "asked GitHub");
    return reply;
  };
  const reader = createReader(request, { clock, log });
  const members = createTeams(request, { clock, log });

  return async ({ repository, branch, teams, pollInterval = 60_000, signal }) => {
    const key = `${repository.toLowerCase()} ${branch}`;
    const lane = lanes.get(key) ?? { cache: createListingCache(repository, branch), inTurn: pLimit(1) };
    lanes.set(key, lane);
    return await lane.inTurn(async () => {
      signal.throwIfAborted();
      lane.cache.maxAge = Math.min(oldestStatuses, pollInterval * 2.5);
      await update(lane.cache, signal);
      return listingOf(lane.cache, await members(repository, teams, signal));
    });
  };

  async function update(cache: ListingCache, signal: AbortSignal): Promise<void> {
    const now = clock.monotonic();
    cache.askedAt = now;
    const moves = await patiently(() => probe(transport, cache, signal), signal).catch((error: unknown) => {
      if (!(error instanceof GitHubError && (error.code === "NotFound" || error.code === "Malformed"))) throw error;
      log.debug({ repository: cache.repository, reason: error.message }, "no probe to be had: reading everything");
      return blind;
    });
    const isKnown = cache.completeAt !== undefined && now - cache.completeAt < oldestReading;
    const wanted = [...moves.wanted, ...unread(cache, now)];
    if (isKnown && !moves.overflow) await reader.some(cache, { ...moves, wanted }, signal);
    else await reader.all(cache, moves.readAt, signal);
    cache.seenUntil = moves.seenUntil;
    const caches = remembered(now);
    await refreshing(() => refreshHeads(request, { cache, caches, clock, log }, signal));
  }

  /** What could not be read is tried again at the pace of the statuses. */
  function unread(cache: ListingCache, now: number) {
    return [...cache.entries].flatMap(([number, { id, cached, triedAt }]) =>
      cached === undefined && now - triedAt >= cache.maxAge ? [{ number, id }] : [],
    );
  }

  /** All caches but those nobody has asked about for long: a pool that is gone shall cost nothing. */
  function remembered(now: number): ListingCache[] {
    for (const [key, { cache }] of lanes) if (now - cache.askedAt > oldestReading) lanes.delete(key);
    return [...lanes.values()].map(({ cache }) => cache);
  }
}
