import { z } from "zod";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";
import type { ListingCache } from "./listingCache.ts";
import { ProbeEntry } from "./probeEntry.ts";

/** Number of recent changes in one probe. More changes between two polls require a complete reading. */
const probeSize = 20;

/** A pull request to read. */
export interface Wanted {
  readonly number: number;
  /** GitHub's id. */
  readonly id: string;
}

/** Changes of one repository and base branch since the last poll. */
export interface Moves {
  /** Pull requests to read again. */
  readonly wanted: readonly Wanted[];
  /** Numbers of cached pull requests that are closed now, or have another base. */
  readonly gone: readonly number[];
  /** More pull requests may have changed than the probe shows. */
  readonly overflow: boolean;
  /** GitHub's clock at the probe, before anything is read. */
  readonly readAt: string;
  readonly seenUntil: string;
}

/** No probe is possible, for example behind a broker that offers GraphQL alone. Every poll then reads everything. */
export const withoutProbe: Moves = { wanted: [], gone: [], overflow: true, readAt: "", seenUntil: "" };

/**
 * Requests the recently changed pull requests of the repository. The request is conditional: it is free without
 * changes. A push, label, title, draft, review, comment, retarget or close moves a pull request to the top. A commit
 * status does not. The request includes closed pull requests and other bases. Otherwise a pull request could leave the
 * list unnoticed.
 */
export async function probe(transport: Transport, cache: ListingCache, signal: AbortSignal): Promise<Moves> {
  const what = `the pull requests of ${cache.repository}`;
  const reply = await transport.send({
    method: "GET",
    path: `/repos/${cache.repository}/pulls`,
    query: { state: "all", sort: "updated", direction: "desc", per_page: probeSize },
    etag: cache.probe?.etag,
    kind: "read",
    what,
    signal,
  });
  if (reply.status !== 304) {
    const etag = reply.headers["etag"];
    cache.probe = {
      etag: etag === undefined ? undefined : String(etag),
      entries: parseReply(z.array(ProbeEntry), reply.body, what),
    };
  }
  return movesOf(cache, cache.probe?.entries ?? [], gitHubTime(reply.headers["date"]));
}

/** Compares also after a 304: an earlier poll may have read a pull request too early, or failed to read it. */
function movesOf(cache: ListingCache, entries: readonly ProbeEntry[], readAt: string): Moves {
  const isListed = (entry: ProbeEntry) => entry.state === "open" && entry.base.ref === cache.branch;
  return {
    wanted: entries
      .filter((entry) => isListed(entry) && !isCurrent(cache, entry))
      .map(({ number, node_id: id }) => ({ number, id })),
    gone: entries.filter((entry) => !isListed(entry) && cache.entries.has(entry.number)).map(({ number }) => number),
    overflow: entries.length === probeSize && (entries.at(-1)?.updated_at ?? "") > cache.seenUntil,
    readAt,
    seenUntil: entries[0]?.updated_at ?? "",
  };
}

/** GitHub's times have whole seconds. A pull request read in the second of its last change is read again. */
function isCurrent({ entries }: ListingCache, { number, updated_at: updatedAt, head }: ProbeEntry): boolean {
  const { cached, readAt = "" } = entries.get(number) ?? {};
  if (cached === undefined) return readAt > updatedAt;
  return cached.updatedAt >= updatedAt && readAt > updatedAt && cached.pullRequest.head.commit === head.sha;
}

/** The Date header in the format of GitHub's JSON, so that both compare as text. */
function gitHubTime(date: string | number | undefined): string {
  const instant = Date.parse(String(date ?? ""));
  return Number.isFinite(instant) ? `${new Date(instant).toISOString().slice(0, 19)}Z` : "9999";
}
