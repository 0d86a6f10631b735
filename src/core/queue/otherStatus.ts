import type { Build, BuildSpec, OtherStatus } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import type { Listing, PullRequest } from "../pullRequest/pullRequest.ts";
import { isAnnouncement, isOwnPending, type StatusText, verdictStatusOf } from "../report/post/status.ts";

/** A status on GitHub, and the Build that it may belong to. */
export interface SeenStatus {
  readonly build: Build | undefined;
  readonly pullRequest: Pick<PullRequest, "head">;
  readonly listing: Pick<Listing, "startedAt" | "origins">;
  /** Whether the pool or the check publishes nothing. Then every status is from another writer. */
  readonly isSilent: boolean;
}

/** Another writer is remembered this long, because our next status hides its status. */
const memory: Milliseconds = 3_600_000;

/**
 * The last status of the Build's check that this installation did not write; undefined without one. Such a writer is
 * another `up`, another cluster or another program. A pending status of a person is a request for a rebuild.
 *
 * A status is ours if the reporter has recorded it, or if a verdict of the Build has the same text and link. A status
 * from before the Build may come from an earlier installation. A listing older than our last write proves nothing.
 */
export function otherStatusOf(seen: SeenStatus, now: Milliseconds): BuildSpec["otherStatus"] {
  const { build, pullRequest, listing, isSilent } = seen;
  if (build === undefined) return undefined;
  const { commit, statuses } = pullRequest.head;
  const isCurrent = ({ context }: { readonly context: string }) => isSameName(context, build.spec.check);
  const status = statuses.find(isCurrent);
  const origin = listing.origins?.get(commit)?.find(isCurrent);
  const before = build.spec.otherStatus;
  const kept = before?.commit === commit && now - Date.parse(before.at) < memory ? before : undefined;
  if (status === undefined || origin === undefined || status.state === "EXPECTED") return kept;
  const text: StatusText = { state: stateOf(status.state), description: status.description, url: origin.url };
  const reported = build.status?.reported?.commit === commit ? build.status.reported : undefined;
  if (reported !== undefined && (reported.refused !== undefined || listing.startedAt <= Date.parse(reported.at)))
    return kept;
  if (isOurs(build, text)) return kept;
  const isOld = Date.parse(origin.createdAt) <= Date.parse(build.metadata.creationTimestamp ?? "");
  if (!isSilent && reported === undefined && isOld) return kept;
  if (!isSilent && status.state === "PENDING" && !isAnnouncement(status.description)) return kept;
  return {
    commit,
    state: text.state,
    description: text.description.slice(0, 140).toWellFormed(),
    url: text.url.slice(0, 700),
    writer: origin.writer.slice(0, 100),
    at: origin.createdAt,
  };
}

/** GitHub knows `failure` too, and this installation never writes it. */
function stateOf(state: PullRequest["head"]["statuses"][number]["state"]): OtherStatus["state"] {
  if (state === "SUCCESS") return "success";
  return state === "PENDING" ? "pending" : "error";
}

function isOurs({ spec, status }: Build, text: StatusText): boolean {
  const { reported, verdict, history = [] } = status ?? {};
  const isSame = (one: StatusText) =>
    one.state === text.state && one.description === text.description && one.url === text.url;
  if (reported !== undefined && isSame(reported)) return true;
  const published = [...(verdict === undefined ? [] : [verdict]), ...history].filter(({ silent }) => !silent);
  if (published.some((one) => isSame(verdictStatusOf(spec.check, one)))) return true;
  // An announcement that is not recorded yet names a builder of the pool.
  const builder = / on (\S+)$/.exec(text.description)?.[1];
  return isOwnPending(text.description) && (builder === undefined || builder.startsWith(`${spec.pool}-`));
}
