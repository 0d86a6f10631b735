import pLimit from "p-limit";
import type { Listing } from "../core/queue/pullRequest.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import { type Board, emptyBoard, listingOf } from "./board.ts";
import type { Ask } from "./cards.ts";
import { ask as askOnce } from "./graphql.ts";
import { refreshHeads } from "./heads.ts";
import { probe } from "./probe.ts";
import { createReader } from "./reader.ts";
import { retry } from "./retry.ts";
import { createTeams } from "./teams.ts";
import type { Transport } from "./transport.ts";

/** How old an unchanged answer may become, milliseconds. */
export interface Freshness {
  /** Commit statuses, which no probe shows: a reset to pending is seen after this long. Longer above 500 pull requests. */
  readonly statuses: number;
  /** Everything. */
  readonly complete: number;
}

export type List = (request: {
  readonly repository: string;
  readonly branch: string;
  readonly teams: readonly string[];
  readonly signal: AbortSignal;
}) => Promise<Listing>;

/** Reads the open pull requests of every repository and branch it is asked about, and of those only what changed. */
export function createList(
  transport: Transport,
  { clock, log, freshness }: { readonly clock: Clock; readonly log: Log; readonly freshness: Freshness },
): List {
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

  return async ({ repository, branch, teams, signal }) => {
    const key = `${repository.toLowerCase()} ${branch}`;
    const lane = lanes.get(key) ?? { board: emptyBoard(repository, branch), inTurn: pLimit(1) };
    lanes.set(key, lane);
    return await lane.inTurn(async () => {
      signal.throwIfAborted();
      await update(lane.board, signal);
      return listingOf(lane.board, await members(repository, teams, signal));
    });
  };

  async function update(board: Board, signal: AbortSignal): Promise<void> {
    const now = clock.monotonic();
    board.askedAt = now;
    const moves = await patiently(() => probe(transport, board, signal), signal);
    const isKnown = board.completeAt !== undefined && now - board.completeAt < freshness.complete;
    if (isKnown && !moves.overflow)
      await reader.some(board, { ...moves, wanted: [...moves.wanted, ...unread(board, now)] }, signal);
    else await reader.all(board, moves.readAt, signal);
    board.seenUntil = moves.seenUntil;
    const boards = remembered(now);
    await refreshing(() => refreshHeads(ask, { board, boards, maxAge: freshness.statuses, clock, log }, signal));
  }

  /** What could not be read is tried again at the pace of the statuses. */
  function unread(board: Board, now: number) {
    return [...board.slots].flatMap(([number, { id, card, triedAt }]) =>
      card === undefined && now - triedAt >= freshness.statuses ? [{ number, id }] : [],
    );
  }

  /** All boards but those nobody has asked about for long: a pool that is gone shall cost nothing. */
  function remembered(now: number): Board[] {
    for (const [key, { board }] of lanes) if (now - board.askedAt > freshness.complete) lanes.delete(key);
    return [...lanes.values()].map(({ board }) => board);
  }
}
