import pLimit from "p-limit";
import type { Log } from "../../system/log.ts";
import { type GitHub, GitHubError } from "../github.ts";
import { ask as askOnce } from "../graphql/graphql.ts";
import { retry } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { refreshHeads } from "./heads.ts";
import { type Board, emptyBoard, listingOf } from "./listingCache.ts";
import { blind, probe } from "./probe.ts";
import { createReader } from "./reader.ts";
import type { Ask } from "./readPullRequests.ts";
import { createTeams } from "./teams.ts";

/** Commit statuses, which no probe shows, are read anew after two and a half polls, and after this at the latest. */
const oldestStatuses = 150_000;
/** Everything is read anew after this, for what no other way shows. */
const oldestReading = 3_600_000;

/** Reads the open pull requests of every repository and branch it is asked about, and of those only what changed. */
export function createList(transport: Transport, log: Log): GitHub["list"] {
  const { clock } = transport;
  const lanes = new Map<string, { readonly board: Board; readonly inTurn: ReturnType<typeof pLimit> }>();
  const refreshing = pLimit(1);
  const patiently = <T>(work: () => Promise<T>, signal: AbortSignal) => retry(work, [500, 2000], clock, signal);
  const ask: Ask = async (question) => {
    const reply = await patiently(() => askOnce(transport, question), question.signal);
    log.debug({ what: question.what, cost: reply.cost }, "asked GitHub");
    return reply;
  };
  const reader = createReader(ask, { clock, log });
  const members = createTeams(ask, { clock, log });

  return async ({ repository, branch, teams, pollInterval = 60_000, signal }) => {
    const key = `${repository.toLowerCase()} ${branch}`;
    const lane = lanes.get(key) ?? { board: emptyBoard(repository, branch), inTurn: pLimit(1) };
    lanes.set(key, lane);
    return await lane.inTurn(async () => {
      signal.throwIfAborted();
      lane.board.maxAge = Math.min(oldestStatuses, pollInterval * 2.5);
      await update(lane.board, signal);
      return listingOf(lane.board, await members(repository, teams, signal));
    });
  };

  async function update(board: Board, signal: AbortSignal): Promise<void> {
    const now = clock.monotonic();
    board.askedAt = now;
    const moves = await patiently(() => probe(transport, board, signal), signal).catch((error: unknown) => {
      if (!(error instanceof GitHubError && (error.code === "NotFound" || error.code === "Malformed"))) throw error;
      log.debug({ repository: board.repository, reason: error.message }, "no probe to be had: reading everything");
      return blind;
    });
    const isKnown = board.completeAt !== undefined && now - board.completeAt < oldestReading;
    const wanted = [...moves.wanted, ...unread(board, now)];
    if (isKnown && !moves.overflow) await reader.some(board, { ...moves, wanted }, signal);
    else await reader.all(board, moves.readAt, signal);
    board.seenUntil = moves.seenUntil;
    const boards = remembered(now);
    await refreshing(() => refreshHeads(ask, { board, boards, clock, log }, signal));
  }

  /** What could not be read is tried again at the pace of the statuses. */
  function unread(board: Board, now: number) {
    return [...board.slots].flatMap(([number, { id, card, triedAt }]) =>
      card === undefined && now - triedAt >= board.maxAge ? [{ number, id }] : [],
    );
  }

  /** All boards but those nobody has asked about for long: a pool that is gone shall cost nothing. */
  function remembered(now: number): Board[] {
    for (const [key, { board }] of lanes) if (now - board.askedAt > oldestReading) lanes.delete(key);
    return [...lanes.values()].map(({ board }) => board);
  }
}
