import type { Listing } from "../../core/pullRequest/pullRequest.ts";
import type { Card } from "../graphql/pullRequestNode.ts";
import type { Entry } from "./probe.ts";

/** What is remembered of one repository and base branch between two listings. */
export interface Board {
  readonly repository: string;
  readonly branch: string;
  /** The open pull requests with this base, by number. */
  readonly slots: Map<number, Slot>;
  /** Last answer of the probe. */
  probe: { readonly etag: string | undefined; readonly entries: readonly Entry[] } | undefined;
  /** The newest change that the slots have taken in, by GitHub's clock. */
  seenUntil: string;
  /** Monotonic: when the last complete reading began, and the last reading of all statuses. */
  completeAt: number | undefined;
  statusesAt: number;
  /** The latter by the wall clock. */
  startedAt: number;
  /** Monotonic: when it was last asked for. */
  askedAt: number;
  /** Milliseconds: how old statuses may become for those who ask. */
  maxAge: number;
}

/** An open pull request. Replaced whole, never changed, so that a reader can see that it was. */
export interface Slot {
  /** GitHub's id. */
  readonly id: string;
  /** Absent when it could not be read. */
  readonly card?: Card;
  /** GitHub's clock when reading began: a change within that second may have been missed. */
  readonly readAt: string;
  /** The same moment by our monotonic clock. */
  readonly triedAt: number;
}

export function emptyBoard(repository: string, branch: string): Board {
  return {
    repository,
    branch,
    slots: new Map(),
    probe: undefined,
    seenUntil: "",
    completeAt: undefined,
    statusesAt: 0,
    startedAt: 0,
    askedAt: 0,
    maxAge: 0,
  };
}

export function listingOf(board: Board, teams: Listing["teams"]): Listing {
  const { repository, branch, startedAt } = board;
  const slots = [...board.slots].sort(([a], [b]) => a - b);
  return {
    repository,
    branch,
    pullRequests: slots.flatMap(([, { card }]) => (card === undefined ? [] : [card.pullRequest])),
    unreadable: slots.flatMap(([number, { card }]) => (card === undefined ? [number] : [])),
    teams,
    startedAt,
  };
}
