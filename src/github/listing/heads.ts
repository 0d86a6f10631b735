import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { read } from "../graphql/graphql.ts";
import { CommitNode, withStatuses } from "../graphql/pullRequestNode.ts";
import { headsQuery, headsSize } from "../graphql/query.ts";
import type { Board } from "./listingCache.ts";
import type { Ask } from "./readPullRequests.ts";

interface Wish {
  /** Whose listing is waited for. */
  readonly board: Board;
  /** All that may be refreshed along with it: a query is charged the same for one commit and for a hundred. */
  readonly boards: readonly Board[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Reads the statuses of every known head again once this board's are too old. */
export async function refreshHeads(ask: Ask, wish: Wish, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { board, boards, clock, log } = wish;
  const [now, startedAt] = [clock.monotonic(), clock.now()];
  const slowness = slownessOf(boards);
  const isOlder = ({ statusesAt, maxAge }: Board, share: number) => now - statusesAt >= maxAge * slowness * share;
  if (!isOlder(board, 1)) return;
  // Those half as old as they may be are taken along, so that all boards soon share one rhythm.
  const due = boards.filter((owner) => owner.completeAt !== undefined && isOlder(owner, 0.5));
  const heads = due.flatMap((owner) =>
    [...owner.slots].flatMap(([number, slot]) =>
      slot.card === undefined ? [] : [{ owner, number, slot, card: slot.card }],
    ),
  );
  for (let start = 0; start < heads.length; start += headsSize) {
    const chunk = heads.slice(start, start + headsSize);
    const ids = chunk.map(({ card }) => card.commitId);
    const commits = await readCommits(ask, ids, signal);
    for (const [position, { owner, number, slot, card }] of chunk.entries()) {
      // Replaced meanwhile: what is there now was read later than this.
      if (owner.slots.get(number) !== slot) continue;
      const commit = commits[position];
      if (commit === undefined)
        log.warn({ repository: owner.repository, number }, "statuses of a pull request unreadable");
      const { card: _outdated, ...unread } = slot;
      owner.slots.set(number, commit === undefined ? unread : { ...slot, card: withStatuses(card, commit) });
    }
  }
  for (const owner of due) if (owner.statusesAt < now) Object.assign(owner, { statusesAt: now, startedAt });
}

/** At most five queries for each age: with thousands of pull requests it is the age that grows, not the bill. */
function slownessOf(boards: readonly Board[]): number {
  const heads = boards.reduce((sum, { slots }) => sum + slots.size, 0);
  return Math.max(1, Math.ceil(heads / headsSize) / 5);
}

const Nodes = z.object({ nodes: z.array(z.unknown()) });

async function readCommits(ask: Ask, ids: readonly string[], signal: AbortSignal): Promise<(CommitNode | undefined)[]> {
  const what = "the commit statuses of open pull requests";
  const { data, damaged } = await ask({ query: headsQuery, variables: { ids }, what, signal, list: ["nodes"] });
  return read(Nodes, data, what).nodes.map((node, position) =>
    damaged.has(position) ? undefined : CommitNode.safeParse(node).data,
  );
}
