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

/** A pull request as work for one check, and the Build that stands for it so far. */
export interface Work {
  readonly pool: { readonly metadata: { readonly name: string }; readonly spec: BuilderPoolSpec };
  readonly check: ResolvedCheck;
  readonly pullRequest: PullRequest;
  readonly listing: Listing;
  readonly build: Stored<"Build"> | undefined;
  /** Whether what was tested is tested again until it is merged. */
  readonly rechecks: boolean;
}

/** What the Build should say, and why, when a build is asked for. */
export interface Request {
  readonly spec: BuildSpec;
  /** Why `request` was raised, as a clause; absent when it was not. */
  readonly because?: string;
}

interface Facts extends Work {
  readonly now: Milliseconds;
  readonly seen: Candidate;
  /** The verdict on the head commit. */
  readonly verdict: Verdict | undefined;
  readonly isNewCommit: boolean;
  /** Whether a build of the head commit was asked for and has no verdict yet. */
  readonly isOpen: boolean;
}

/** In order; the first that holds raises `request`, and says which group the build is then in. */
const occasions: readonly (readonly [because: string, group: Group | "same", holds: (facts: Facts) => boolean])[] = [
  ["it was pushed to and is untested", "untested", isPushed],
  ["it is untested", "untested", isUntested],
  ["somebody asked for it on GitHub", "untested", isAskedFor],
  ["its verdict was given in silence, which has ended", "untested", isUnheard],
  ["a recheck is due", "same", isDue],
];

/**
 * What the Build of a pull request should say. `request` only grows, by one for each build that is wanted; while a build is
 * asked for, nothing but a push asks for another, or a person if it is a recheck that waits. A commit with a verdict of ours is
 * in the group of that verdict: GitHub may not have it yet, or never get it, when it was given in silence.
 */
export function requestBuild(work: Work, now: Milliseconds): Request {
  const facts = gather(work, now);
  const { pool, check, pullRequest, build, seen } = facts;
  const occasion = occasions.find(([, , holds]) => holds(facts));
  const group = occasion === undefined || occasion[1] === "same" ? groupOf(facts) : occasion[1];
  const request = (build?.spec.request ?? 0) + (occasion === undefined ? 0 : 1);
  const requestedAt = occasion === undefined ? build?.spec.requestedAt : new Date(now).toISOString();
  const spec: BuildSpec = {
    pool: pool.metadata.name,
    check: check.name,
    repository: check.repository,
    number: pullRequest.number,
    commit: pullRequest.head.commit,
    base: check.branch,
    title: pullRequest.title.slice(0, 300).toWellFormed(),
    author: pullRequest.author.slice(0, 100),
    urgent: seen.urgent,
    waitingSince: earlier(seen.waitingSince, requestedAt),
    group,
    request,
    ...(requestedAt === undefined ? {} : { requestedAt }),
    ...(seen.blocked === undefined ? {} : { blocked: seen.blocked }),
    ...(isSilent(facts) ? { silent: true } : {}),
  };
  return occasion === undefined ? { spec } : { spec, because: occasion[0] };
}

/** Commits are dated by the clock of whoever made them: one that is ahead would send its pull request to the end of the queue. */
function earlier(seen: string, requestedAt: string | undefined): string {
  return requestedAt !== undefined && Date.parse(requestedAt) < Date.parse(seen) ? requestedAt : seen;
}

function gather(work: Work, now: Milliseconds): Facts {
  const { build, pullRequest, check, listing } = work;
  const last = build?.status?.verdict;
  const isNewCommit = build !== undefined && build.spec.commit !== pullRequest.head.commit;
  return {
    ...work,
    now,
    seen: candidateOf(check, pullRequest, listing.teams),
    verdict: last?.commit === pullRequest.head.commit ? last : undefined,
    isNewCommit,
    isOpen: build !== undefined && !isNewCommit && isWanted(build),
  };
}

/** The group is held while an asked-for rebuild has no verdict: the old verdict is not what counts then. */
function groupOf({ build, seen, verdict, isOpen }: Facts): Group {
  if (verdict === undefined) return seen.group;
  if (build !== undefined && isOpen) return build.spec.group;
  return verdict.result === "Success" || verdict.result === "Skipped" ? "succeeded" : "failed";
}

function isPushed({ isNewCommit, verdict, seen }: Facts): boolean {
  return isNewCommit && verdict === undefined && seen.group === "untested";
}

function isUntested({ isOpen, verdict, seen }: Facts): boolean {
  return !isOpen && verdict === undefined && seen.group === "untested";
}

/**
 * People ask for a rebuild by setting the status to pending. To be told from our own pending status, which a listing may still
 * show after our verdict: the listing began after GitHub had acknowledged the verdict, and the words are not ours. A recheck that
 * runs is the answer; one that only waits, behind all that is untested, is none.
 */
function isAskedFor({ isOpen, verdict, build, check, pullRequest: { head }, listing }: Facts): boolean {
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

/** Silence of a builder alone does not count: it would build the same again and again, and still not be heard. */
function isUnheard(facts: Facts): boolean {
  const { isOpen, verdict, build } = facts;
  return !isOpen && verdict?.silent === true && build?.spec.silent === true && !isSilent(facts);
}

function isDue({ isOpen, rechecks, pool, build, isNewCommit, seen, now }: Facts): boolean {
  if (!rechecks || isOpen || isNewCommit || build === undefined || seen.blocked !== undefined) return false;
  const { recheck } = pool.spec;
  return recheck.maxShare > 0 && now >= recheckDueAtOf(build, recheck);
}

function isSilent({ pool, check }: Pick<Work, "pool" | "check">): boolean {
  return pool.spec.silent || check.silent;
}
