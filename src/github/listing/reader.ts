import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import { readPages } from "../graphql/pages.ts";
import { PageInfo } from "../graphql/pullRequestNode.ts";
import { changedQuery, headsIn, headsPaths, openQuery, pageSize } from "../graphql/query.ts";
import { commitsOf, type Heads, noHeads, recordHeads } from "./heads.ts";
import type { CacheEntry, ListingCache } from "./listingCache.ts";
import type { Moves, Wanted } from "./probe.ts";
import { type Request, readPullRequests } from "./readPullRequests.ts";

/** Fills a listing cache from GitHub. */
export interface Reader {
  /** Reads every page. The cache changes only after the last page. `readAt` is GitHub's current time. */
  all(cache: ListingCache, readAt: string, signal: AbortSignal): Promise<void>;
  /**
   * Reads the pull requests in `wanted` and drops the pull requests in `gone`. The first query reads the statuses of
   * `heads` too.
   */
  some(
    cache: ListingCache,
    moves: Pick<Moves, "wanted" | "gone" | "readAt"> & { readonly heads: Heads },
    signal: AbortSignal,
  ): Promise<void>;
}

export function createReader(request: Request, { clock, log }: { readonly clock: Clock; readonly log: Log }): Reader {
  return {
    async all(cache, readAt, signal) {
      const [startedAt, triedAt] = [clock.now(), clock.monotonic()];
      const entries = new Map<number, CacheEntry>();
      await readPages(`the open pull requests of ${cache.repository}`, async (after) => {
        const page = await readPage(cache, after, signal);
        for (const { number, id } of page.numbers) entries.set(number, { id, readAt, triedAt });
        for (const cached of page.pullRequests)
          entries.set(cached.pullRequest.number, { id: cached.id, cached, readAt, triedAt });
        return page.end;
      });
      cache.entries.clear();
      for (const [number, entry] of entries) cache.entries.set(number, entry);
      Object.assign(cache, { startedAt, completeAt: triedAt, statusesAt: triedAt });
    },
    async some(cache, { wanted, gone, readAt, heads }, signal) {
      const { repository, branch, entries } = cache;
      for (let start = 0; start < wanted.length; start += pageSize) {
        const chunk = wanted.slice(start, start + pageSize);
        const triedAt = clock.monotonic();
        const pullRequests = await readChanged(repository, chunk, start === 0 ? heads : noHeads, signal);
        for (const { number, id } of chunk) entries.set(number, { id, readAt, triedAt });
        for (const cached of pullRequests) {
          const { number } = cached.pullRequest;
          if (cached.isOpen && cached.base === branch) entries.set(number, { id: cached.id, cached, readAt, triedAt });
          else entries.delete(number);
        }
      }
      for (const number of gone) entries.delete(number);
    },
  };

  async function readPage({ repository, branch }: ListingCache, after: string | null, signal: AbortSignal) {
    const [owner, name] = repository.split("/");
    const what = `the open pull requests of ${repository} onto ${branch}`;
    const {
      data,
      damaged: [damaged = nothing],
      denied,
    } = await request({
      query: openQuery,
      variables: { owner, name, branch, ref: `refs/heads/${branch}`, after },
      what,
      signal,
      lists: [["repository", "open", "nodes"]],
    });
    const { ref, numbers, open } = parseReply(OpenPage, data, what).repository;
    if (ref === null) throw new GitHubError("NotFound", `branch ${branch} of ${repository} does not exist; correct it`);
    // GitHub denies every pull request of the page, so the credential lacks the right altogether. A person must act.
    if (denied !== undefined && damaged.size === open.nodes.length) throw denied;
    return {
      numbers: numbers.nodes,
      pullRequests: await readPullRequests(request, log, { repository, nodes: open.nodes, damaged, signal }),
      end: open.pageInfo,
    };
  }

  async function readChanged(repository: string, wanted: readonly Wanted[], heads: Heads, signal: AbortSignal) {
    const what = `changed pull requests of ${repository}`;
    const ids = wanted.map(({ id }) => id);
    const ask = ({ commitIds }: Pick<Heads, "commitIds">) =>
      request({
        query: changedQuery,
        variables: { ids, ...headsIn(commitIds) },
        what,
        signal,
        lists: [["nodes"], ...headsPaths],
      });
    let read = heads;
    const { data, damaged } = await ask(heads).catch((error: unknown) => {
      if (!(error instanceof GitHubError && error.code === "Unreachable") || heads === noHeads) throw error;
      // GitHub stops a query after 10 s. The statuses are read later, on their own.
      read = noHeads;
      return ask(noHeads);
    });
    const [first = nothing, ...others] = damaged;
    recordHeads(read, commitsOf(data, others, what), log);
    const reply = parseReply(Nodes, data, what);
    return await readPullRequests(request, log, { repository, nodes: reply.nodes, damaged: first, signal });
  }
}

const nothing: ReadonlySet<number> = new Set();
const OpenPage = z.object({
  repository: z.object({
    ref: z.object({ id: z.string() }).nullable(),
    numbers: z.object({ nodes: z.array(z.object({ id: z.string(), number: z.int() })) }),
    open: z.object({ nodes: z.array(z.unknown()), pageInfo: PageInfo }),
  }),
});
const Nodes = z.object({ nodes: z.array(z.unknown()) });
