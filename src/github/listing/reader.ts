import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { read } from "../graphql/graphql.ts";
import { PageInfo } from "../graphql/pullRequestNode.ts";
import { changedQuery, openQuery, pageSize } from "../graphql/query.ts";
import type { Board, Slot } from "./listingCache.ts";
import { type Ask, readCards } from "./readPullRequests.ts";

export interface Wanted {
  readonly number: number;
  /** GitHub's id. */
  readonly id: string;
}

/** Fills a board from GitHub. */
export interface Reader {
  /** Everything, page by page; the board changes only when all of it is there. `readAt` is GitHub's clock now. */
  all(board: Board, readAt: string, signal: AbortSignal): Promise<void>;
  /** The pull requests `wanted`; those `gone` are dropped. */
  some(
    board: Board,
    moves: { readonly wanted: readonly Wanted[]; readonly gone: readonly number[]; readonly readAt: string },
    signal: AbortSignal,
  ): Promise<void>;
}

export function createReader(ask: Ask, { clock, log }: { readonly clock: Clock; readonly log: Log }): Reader {
  return {
    async all(board, readAt, signal) {
      const [startedAt, triedAt] = [clock.now(), clock.monotonic()];
      const slots = new Map<number, Slot>();
      for (let after: string | null | undefined = null; after !== undefined; ) {
        const page = await readPage(board, after, signal);
        for (const { number, id } of page.numbers) slots.set(number, { id, readAt, triedAt });
        for (const card of page.cards) slots.set(card.pullRequest.number, { id: card.id, card, readAt, triedAt });
        after = page.next;
      }
      board.slots.clear();
      for (const [number, slot] of slots) board.slots.set(number, slot);
      Object.assign(board, { startedAt, completeAt: triedAt, statusesAt: triedAt });
    },
    async some(board, { wanted, gone, readAt }, signal) {
      const { repository, branch, slots } = board;
      for (let start = 0; start < wanted.length; start += pageSize) {
        const chunk = wanted.slice(start, start + pageSize);
        const triedAt = clock.monotonic();
        const cards = await readChanged(repository, chunk, signal);
        for (const { number, id } of chunk) slots.set(number, { id, readAt, triedAt });
        for (const card of cards) {
          const { number } = card.pullRequest;
          if (card.isOpen && card.base === branch) slots.set(number, { id: card.id, card, readAt, triedAt });
          else slots.delete(number);
        }
      }
      for (const number of gone) slots.delete(number);
    },
  };

  async function readPage({ repository, branch }: Board, after: string | null, signal: AbortSignal) {
    const [owner, name] = repository.split("/");
    const what = `the open pull requests of ${repository} onto ${branch}`;
    const { data, damaged, denied } = await ask({
      query: openQuery,
      variables: { owner, name, branch, ref: `refs/heads/${branch}`, after },
      what,
      signal,
      list: ["repository", "open", "nodes"],
    });
    const { ref, numbers, open } = read(OpenPage, data, what).repository;
    if (ref === null) throw new GitHubError("NotFound", `branch ${branch} of ${repository} does not exist; correct it`);
    // A right that is missing for all of them is missing altogether: a person must hear of it.
    if (denied !== undefined && damaged.size === open.nodes.length) throw denied;
    return {
      numbers: numbers.nodes,
      cards: await readCards(ask, log, { repository, nodes: open.nodes, damaged, signal }),
      next: open.pageInfo.hasNextPage ? open.pageInfo.endCursor : undefined,
    };
  }

  async function readChanged(repository: string, wanted: readonly Wanted[], signal: AbortSignal) {
    const what = `changed pull requests of ${repository}`;
    const variables = { ids: wanted.map(({ id }) => id) };
    const { data, damaged } = await ask({ query: changedQuery, variables, what, signal, list: ["nodes"] });
    return await readCards(ask, log, { repository, nodes: read(Nodes, data, what).nodes, damaged, signal });
  }
}

const OpenPage = z.object({
  repository: z.object({
    ref: z.object({ id: z.string() }).nullable(),
    numbers: z.object({ nodes: z.array(z.object({ id: z.string(), number: z.int() })) }),
    open: z.object({ nodes: z.array(z.unknown()), pageInfo: PageInfo }),
  }),
});
const Nodes = z.object({ nodes: z.array(z.unknown()) });
