import { z } from "zod";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";
import type { ListingCache } from "./listingCache.ts";
import type { Wanted } from "./reader.ts";

const Entry = z.object({
  number: z.int(),
  node_id: z.string(),
  state: z.enum(["open", "closed"]),
  updated_at: z.string(),
  head: z.object({ sha: z.string() }),
  base: z.object({ ref: z.string() }),
});
export type ProbeEntry = z.infer<typeof Entry>;

/** How many of the most recent changes a probe shows; more between two polls mean a complete reading. */
const probeSize = 20;

export interface Moves {
  /** Pull requests to read anew. */
  readonly wanted: readonly Wanted[];
  /** Numbers that were open with this base and are no longer. */
  readonly gone: readonly number[];
  /** More may have changed than the probe shows. */
  readonly overflow: boolean;
  /** GitHub's clock at the probe, before anything is read. */
  readonly readAt: string;
  readonly seenUntil: string;
}

/** Nothing is known of what moved, as where a broker offers GraphQL alone: everything is read at every poll. */
export const blind: Moves = { wanted: [], gone: [], overflow: true, readAt: "", seenUntil: "" };

/**
 * Asks which pull requests of the repository changed last: a conditional request, free while nothing did. A push, label, title,
 * draft, review, comment, retarget and closing all move a pull request to the top; a commit status does not. Closed ones and other
 * bases are asked for as well, or a pull request would leave the list unseen.
 */
export async function probe(transport: Transport, cache: ListingCache, signal: AbortSignal): Promise<Moves> {
  const what = `the pull requests of ${cache.repository}`;
  const answer = await transport.send({
    method: "GET",
    path: `/repos/${cache.repository}/pulls`,
    query: { state: "all", sort: "updated", direction: "desc", per_page: probeSize },
    etag: cache.probe?.etag,
    kind: "read",
    what,
    signal,
  });
  if (answer.status !== 304) {
    const etag = answer.headers["etag"];
    cache.probe = {
      etag: etag === undefined ? undefined : String(etag),
      entries: parseReply(z.array(Entry), answer.body, what),
    };
  }
  return movesOf(cache, cache.probe?.entries ?? [], gitHubTime(answer.headers["date"]));
}

/** Also after a 304: what an earlier poll failed to read, or read too early, is still to be read. */
function movesOf(cache: ListingCache, entries: readonly ProbeEntry[], readAt: string): Moves {
  const isHere = (entry: ProbeEntry) => entry.state === "open" && entry.base.ref === cache.branch;
  return {
    wanted: entries
      .filter((entry) => isHere(entry) && !isCurrent(cache, entry))
      .map(({ number, node_id: id }) => ({ number, id })),
    gone: entries.filter((entry) => !isHere(entry) && cache.entries.has(entry.number)).map(({ number }) => number),
    overflow: entries.length === probeSize && (entries.at(-1)?.updated_at ?? "") > cache.seenUntil,
    readAt,
    seenUntil: entries[0]?.updated_at ?? "",
  };
}

/** GitHub's times have whole seconds: what was read within the second of its last change is read once more. */
function isCurrent({ entries }: ListingCache, { number, updated_at: updatedAt, head }: ProbeEntry): boolean {
  const { cached, readAt = "" } = entries.get(number) ?? {};
  if (cached === undefined) return readAt > updatedAt;
  return cached.updatedAt >= updatedAt && readAt > updatedAt && cached.pullRequest.head.commit === head.sha;
}

/** The Date header in the form of GitHub's JSON, so that the two compare as text. */
function gitHubTime(date: string | number | undefined): string {
  const instant = Date.parse(String(date ?? ""));
  return Number.isFinite(instant) ? `${new Date(instant).toISOString().slice(0, 19)}Z` : "9999";
}
