import type { Build, BuildSpec, Group, Verdict } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import { recheckDueAtOf } from "../build/recheckDue.ts";
import { isHeld, isOfAnotherPool, isRecheck, isShadow, isWanted } from "../build/state.ts";
import { isSilentIn } from "../definitions/ownership.ts";
import { type Candidate, candidateOf } from "../pullRequest/candidate.ts";
import type { Listing, PullRequest } from "../pullRequest/pullRequest.ts";
import { isOwnPending, verdictStatusOf } from "../report/post/status.ts";
import { otherStatusOf } from "./otherStatus.ts";
import { groupElsewhere, isContested, type Rivals } from "./rivals.ts";

/** A pull request to test with one check, and its Build so far. */
export interface QueueItem {
  readonly pool: { readonly metadata: { readonly name: string }; readonly spec: BuilderPoolSpec };
  readonly check: ResolvedCheck;
  readonly pullRequest: PullRequest;
  readonly listing: Listing;
  readonly build: Stored<"Build"> | undefined;
  /** Whether tested pull requests are rechecked until they are merged. */
  readonly rechecks: boolean;
  /** The Builds of other pools for this check and pull request. */
  readonly rivals?: Rivals;
}

/** The desired spec of a Build, and the reason for a new request. */
export interface Request {
  readonly spec: BuildSpec;
  /** The reason for the higher `request`, as a clause; absent if `request` did not change. */
  readonly because?: string;
}

interface Facts extends QueueItem {
  readonly now: Milliseconds;
  readonly candidate: Candidate;
  /** The verdict on the head commit. */
  readonly verdict: Verdict | undefined;
  readonly isNewCommit: boolean;
  /** Whether a build of the head commit was requested and has no verdict yet. */
  readonly isOpen: boolean;
  /** Whether another pool may still publish a verdict on the head commit. */
  readonly isContested: boolean;
}

/** The triggers of a new request. The first match counts and sets the group of the build. */
const triggers: readonly (readonly [because: string, group: Group | "same", matches: (facts: Facts) => boolean])[] = [
  ["a new commit is untested", "untested", isPushed],
  ["it is untested", "untested", isUntested],
  ["a rebuild was requested on GitHub", "untested", isRebuildRequested],
  ["its verdict was not published, and silent mode has ended", "untested", isUnpublished],
  ["a recheck is due", "same", isDue],
];

/**
 * The desired spec for the Build of a pull request. `request` only grows, by one for each wanted build.
 *
 * While a build is requested, only a push requests another build. A person may also replace a waiting recheck. The
 * group of a commit with our verdict follows from that verdict. GitHub may not show the verdict yet, or never, if the
 * verdict is silent.
 */
export function requestBuild(item: QueueItem, now: Milliseconds): Request {
  const facts = factsOf(item, now);
  const { pool, check, pullRequest, build, candidate } = facts;
  const trigger = triggers.find(([, , matches]) => matches(facts));
  const group = trigger === undefined || trigger[1] === "same" ? groupOf(facts) : trigger[1];
  const request = (build?.spec.request ?? 0) + (trigger === undefined ? 0 : 1);
  const requestedAt = trigger === undefined ? build?.spec.requestedAt : new Date(now).toISOString();
  const [answered, blocked] = [answeredOf(facts), blockedOf(facts)];
  const otherStatus = otherStatusOf({ ...facts, isSilent: isSilentIn(pool, check) }, now);
  const spec: BuildSpec = {
    pool: pool.metadata.name,
    check: check.name,
    repository: check.repository,
    number: pullRequest.number,
    commit: pullRequest.head.commit,
    base: check.branch,
    title: pullRequest.title.slice(0, 300).toWellFormed(),
    author: pullRequest.author.slice(0, 100),
    urgent: candidate.urgent,
    waitingSince: earlierOf(candidate.waitingSince, requestedAt),
    group,
    request,
    ...(requestedAt === undefined ? {} : { requestedAt }),
    ...(answered === undefined ? {} : { answered }),
    ...(blocked === undefined ? {} : { blocked }),
    ...(isSilentIn(pool, check) ? { silent: true } : {}),
    ...(otherStatus === undefined ? {} : { otherStatus }),
  };
  return trigger === undefined ? { spec } : { spec, because: trigger[0] };
}

/** The author's clock dates a commit. A clock that is ahead would move the pull request to the end of the queue. */
function earlierOf(seen: string, requestedAt: string | undefined): string {
  return requestedAt !== undefined && Date.parse(requestedAt) < Date.parse(seen) ? requestedAt : seen;
}

function factsOf(item: QueueItem, now: Milliseconds): Facts {
  const { pool, build, pullRequest, check, listing, rivals = [] } = item;
  const { commit } = pullRequest.head;
  const isLoud = !isSilentIn(pool, check);
  const last = build?.status?.verdict;
  const candidate = candidateOf(check, pullRequest, listing.teams);
  const isNewCommit = build !== undefined && build.spec.commit !== pullRequest.head.commit;
  return {
    ...item,
    now,
    candidate: isLoud ? answeredElsewhere(candidate, groupElsewhere(rivals, commit, listing.startedAt)) : candidate,
    verdict: last?.commit === pullRequest.head.commit ? last : undefined,
    isNewCommit,
    isOpen: build !== undefined && !isNewCommit && isWanted(build),
    isContested: isLoud && isContested(rivals, commit),
  };
}

/** The candidate with the verdict of another pool that the listing does not show yet. */
function answeredElsewhere(candidate: Candidate, group: Group | undefined): Candidate {
  return group === undefined || candidate.group !== "untested" ? candidate : { ...candidate, group };
}

/** The group stays while a requested rebuild has no verdict, because the old verdict no longer counts. */
function groupOf(facts: Facts): Group {
  const { build, candidate, verdict, isOpen } = facts;
  if (verdict === undefined || isAnswered(facts)) return candidate.group;
  if (build !== undefined && isOpen) return build.spec.group;
  return verdict.result === "Success" || verdict.result === "Skipped" ? "succeeded" : "failed";
}

/** The last request that was answered elsewhere. A later verdict makes it meaningless. */
function answeredOf(facts: Facts): number | undefined {
  const { build } = facts;
  if (build === undefined) return undefined;
  if (isAnswered(facts)) return build.spec.request;
  const { answered = 0 } = build.spec;
  return answered > 0 && answered >= (build.status?.verdict?.request ?? 0) ? answered : undefined;
}

/**
 * Whether another pool or system published a verdict on the commit, so that the last request of this pool needs no
 * build and no report. A loud build that runs continues, and a loud verdict is still published. Both count as answered
 * if the Build published nothing until now.
 */
function isAnswered({ build, verdict, candidate, isOpen, isNewCommit, check, pool }: Facts): boolean {
  if (build === undefined || isNewCommit || isSilentIn(pool, check) || candidate.group === "untested") return false;
  if (isQuiet(build)) return true;
  const reported = build.status?.reported;
  const isOwn = reported?.commit === build.spec.commit && reported.state !== "pending";
  return isOpen && build.spec.group === "untested" && verdict?.silent !== false && !isOwn && !isHeld(build);
}

/** Whether the stored Build publishes nothing: it is silent, a shadow, or belongs to another pool. */
function isQuiet(build: Build): boolean {
  return build.spec.silent === true || isShadow(build) || isOfAnotherPool(build);
}

/** The reason against a build. A Build that published nothing waits until no other pool can publish a verdict. */
function blockedOf({ build, candidate, isContested: waits, pool }: Facts): BuildSpec["blocked"] {
  if (candidate.blocked !== undefined || !waits || build === undefined || !isQuiet(build)) return candidate.blocked;
  const message = `The pool "${pool.metadata.name}" waits until another pool has blocked its Build of the commit`;
  return { reason: "OwnedByAnotherPool", message };
}

function isPushed({ isNewCommit, verdict, candidate, isContested: waits }: Facts): boolean {
  return !waits && isNewCommit && verdict === undefined && candidate.group === "untested";
}

function isUntested({ isOpen, verdict, candidate, isContested: waits }: Facts): boolean {
  return !waits && !isOpen && verdict === undefined && candidate.group === "untested";
}

/**
 * Whether a person requested a rebuild by setting the status to pending. A listing may still show our own pending
 * status after our verdict. Therefore the listing must have begun after GitHub acknowledged the verdict, and the
 * description must not be ours. A running recheck answers the request. A waiting recheck does not, because it waits
 * behind all untested builds.
 */
function isRebuildRequested({ isOpen, verdict, build, check, pullRequest: { head }, listing }: Facts): boolean {
  const reported = build?.status?.reported;
  if (build === undefined || verdict === undefined || reported === undefined) return false;
  if (isOpen && (isHeld(build) || !isRecheck(build))) return false;
  const isPublished = reported.commit === head.commit && reported.state !== "pending";
  const status = head.statuses.find(({ context }) => isSameName(context, check.name));
  return (
    isPublished &&
    listing.startedAt > Date.parse(reported.at) &&
    status?.state === "PENDING" &&
    !isOwnPending(status.description)
  );
}

/**
 * Whether the head commit was answered with a silent verdict, and must be answered in public now. This compares levels:
 * nobody needs to see silent mode end. Silent builders never repeat such a build, so it waits for a loud builder. After
 * a switch from another pool or system, GitHub shows that verdict, and the commit is answered. Only a published verdict
 * of this pool with another result must be replaced.
 */
function isUnpublished({ isOpen, verdict, build, pool, check, candidate, isContested: waits }: Facts): boolean {
  if (waits || isOpen || verdict?.silent !== true || isSilentIn(pool, check)) return false;
  const reported = build?.status?.reported;
  const isPublished = reported?.commit === verdict.commit && reported.state !== "pending";
  const isReplaced = isPublished && reported.state !== verdictStatusOf(check.name, verdict).state;
  return candidate.group === "untested" || isReplaced;
}

function isDue({ isOpen, rechecks, pool, build, isNewCommit, candidate, now }: Facts): boolean {
  if (!rechecks || isOpen || isNewCommit || build === undefined || candidate.blocked !== undefined) return false;
  if (build.status?.verdict?.cause !== undefined) return false; // its build breaks builders
  const { recheck } = pool.spec;
  return recheck.maxShare > 0 && now >= recheckDueAtOf(build, recheck);
}
