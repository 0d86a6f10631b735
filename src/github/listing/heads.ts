import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { parseReply } from "../graphql/graphql.ts";
import { CommitNode } from "../graphql/pullRequestNode.ts";
import { headsQuery, headsSize } from "../graphql/query.ts";
import { withStatuses } from "./cachedPullRequest.ts";
import type { ListingCache } from "./listingCache.ts";
import type { Request } from "./readPullRequests.ts";

interface RefreshContext {
  /** The cache of the listing in progress. */
  readonly cache: ListingCache;
  /** All caches to refresh together: GitHub charges a query the same for one commit and for a hundred. */
  readonly caches: readonly ListingCache[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Reads the statuses of all cached head commits again when the statuses of `cache` are too old. */
export async function refreshHeads(request: Request, context: RefreshContext, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { cache, caches, clock, log } = context;
  const [now, startedAt] = [clock.monotonic(), clock.now()];
  const slowness = slownessOf(caches);
  const isOlder = ({ statusesAt, maxAge }: ListingCache, share: number) =>
    now - statusesAt >= maxAge * slowness * share;
  if (!isOlder(cache, 1)) return;
  // Caches at half of their maximum age are refreshed too. All caches soon refresh together, in fewer queries.
  const due = caches.filter((owner) => owner.completeAt !== undefined && isOlder(owner, 0.5));
  const heads = due.flatMap((owner) =>
    [...owner.entries].flatMap(([number, entry]) =>
      entry.cached === undefined ? [] : [{ owner, number, entry, cached: entry.cached }],
    ),
  );
  for (let start = 0; start < heads.length; start += headsSize) {
    const chunk = heads.slice(start, start + headsSize);
    const ids = chunk.map(({ cached }) => cached.commitId);
    const commits = await readCommits(request, ids, signal);
    for (const [position, { owner, number, entry, cached }] of chunk.entries()) {
      // Another reading has replaced the entry meanwhile, with newer statuses.
      if (owner.entries.get(number) !== entry) continue;
      const commit = commits[position];
      if (commit === undefined)
        log.warn(
          { repository: owner.repository, number },
          "could not read the statuses of a pull request; the next refresh retries it",
        );
      const { cached: _outdated, ...unread } = entry;
      owner.entries.set(number, commit === undefined ? unread : { ...entry, cached: withStatuses(cached, commit) });
    }
  }
  for (const owner of due) if (owner.statusesAt < now) Object.assign(owner, { statusesAt: now, startedAt });
}

/** Limits a refresh to five queries per maximum age: with thousands of pull requests the age grows, not the cost. */
function slownessOf(caches: readonly ListingCache[]): number {
  const heads = caches.reduce((sum, { entries }) => sum + entries.size, 0);
  return Math.max(1, Math.ceil(heads / headsSize) / 5);
}

const Nodes = z.object({ nodes: z.array(z.unknown()) });

async function readCommits(
  request: Request,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<(CommitNode | undefined)[]> {
  const what = "the commit statuses of open pull requests";
  const { data, damaged } = await request({ query: headsQuery, variables: { ids }, what, signal, list: ["nodes"] });
  return parseReply(Nodes, data, what).nodes.map((node, position) =>
    damaged.has(position) ? undefined : CommitNode.safeParse(node).data,
  );
}
