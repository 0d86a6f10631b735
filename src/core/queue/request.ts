import type { BuildSpec, Group, Verdict } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { recheckDueAtOf } from "../build/recheckDue.ts";
import { isHeld, isRecheck, isWanted } from "../build/state.ts";
import { type Candidate, candidateOf } from "../pullRequest/candidate.ts";
import type { Listing, PullRequest } from "../pullRequest/pullRequest.ts";
import { isOwnPending } from "../report/post/status.ts";

/** A pull request to test with one check, and its Build so far. */
export interface QueueItem {
  readonly pool: { readonly metadata: { readonly name: string }; readonly spec: BuilderPoolSpec };
  readonly check: ResolvedCheck;
  readonly pullRequest: PullRequest;
  readonly listing: Listing;
  readonly build: Stored<"Build"> | undefined;
  /** Whether tested pull requests are rechecked until they are merged. */
  readonly rechecks: boolean;
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
    ...(candidate.blocked === undefined ? {} : { blocked: candidate.blocked }),
    ...(isSilent(facts) ? { silent: true } : {}),
  };
  return trigger === undefined ? { spec } : { spec, because: trigger[0] };
}

/** The author's clock dates a commit. A clock that is ahead would move the pull request to the end of the queue. */
function earlierOf(seen: string, requestedAt: string | undefined): string {
  return requestedAt !== undefined && Date.parse(requestedAt) < Date.parse(seen) ? requestedAt : seen;
}

function factsOf(item: QueueItem, now: Milliseconds): Facts {
  const { build, pullRequest, check, listing } = item;
  const last = build?.status?.verdict;
  const isNewCommit = build !== undefined && build.spec.commit !== pullRequest.head.commit;
  return {
    ...item,
    now,
    candidate: candidateOf(check, pullRequest, listing.teams),
    verdict: last?.commit === pullRequest.head.commit ? last : undefined,
    isNewCommit,
    isOpen: build !== undefined && !isNewCommit && isWanted(build),
  };
}

/** The group stays while a requested rebuild has no verdict, because the old verdict no longer counts. */
function groupOf({ build, candidate, verdict, isOpen }: Facts): Group {
  if (verdict === undefined) return candidate.group;
  if (build !== undefined && isOpen) return build.spec.group;
  return verdict.result === "Success" || verdict.result === "Skipped" ? "succeeded" : "failed";
}

function isPushed({ isNewCommit, verdict, candidate }: Facts): boolean {
  return isNewCommit && verdict === undefined && candidate.group === "untested";
}

function isUntested({ isOpen, verdict, candidate }: Facts): boolean {
  return !isOpen && verdict === undefined && candidate.group === "untested";
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
  const status = head.statuses.find(({ context }) => context === check.name);
  return (
    isPublished &&
    listing.startedAt > Date.parse(reported.at) &&
    status?.state === "PENDING" &&
    !isOwnPending(status.description)
  );
}

/** A silent builder alone does not count: it would repeat the same build forever and still not publish. */
function isUnpublished(facts: Facts): boolean {
  const { isOpen, verdict, build } = facts;
  return !isOpen && verdict?.silent === true && build?.spec.silent === true && !isSilent(facts);
}

function isDue({ isOpen, rechecks, pool, build, isNewCommit, candidate, now }: Facts): boolean {
  if (!rechecks || isOpen || isNewCommit || build === undefined || candidate.blocked !== undefined) return false;
  if (build.status?.verdict?.cause !== undefined) return false; // its build breaks builders
  const { recheck } = pool.spec;
  return recheck.maxShare > 0 && now >= recheckDueAtOf(build, recheck);
}

function isSilent({ pool, check }: Pick<QueueItem, "pool" | "check">): boolean {
  return pool.spec.silent || check.silent;
}
