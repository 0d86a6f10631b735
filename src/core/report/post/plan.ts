import type { Build, Reported, Verdict } from "../../../api/objects/build.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { isAnsweredElsewhere, isOfAnotherPool, isShadow } from "../../build/state.ts";
import { currentTrouble, onPurpose } from "../../build/trouble.ts";
import { verdictsOf } from "../../build/verdicts.ts";
import { type Comment, commentOn } from "./comment.ts";
import {
  approvalNeeded,
  isAnnouncement,
  isRetrying,
  notBuildingStatusOf,
  recheckingStatusOf,
  retryingStatusOf,
  type StatusText,
  startedStatusOf,
  verdictStatusOf,
  withdrawnStatusOf,
} from "./status.ts";

/** The facts that a report depends on, besides the Build. */
export interface ReportFacts {
  /** Whether the check wants comments on failed builds. Called only when a comment is due. */
  readonly wantsComments: () => boolean;
  /** Whether the pool or the check is silent. A silent pool or check publishes nothing. */
  readonly silent: boolean;
  /** Whether a builder is silent. Builds on a silent builder are not announced. */
  readonly isSilentBuilder: (name: string) => boolean;
  /** The time since the reporter began to wait for the log of the verdict. */
  readonly logWaited: Milliseconds;
}

/** A commit status to write, with its commit and the request that it answers. */
export interface PlannedStatus extends StatusText {
  readonly commit: string;
  readonly request: number;
}

/** The next writes to GitHub, the status before the comment. Empty if GitHub is up to date. */
export interface ReportPlan {
  readonly status?: PlannedStatus;
  readonly comment?: Comment & { readonly commit: string };
  /** Milliseconds to wait before any write, because the log behind the verdict's link is not stored yet. */
  readonly wait?: Milliseconds;
}

/**
 * The longest wait for a log before its verdict is published. The link is final, and the builder keeps retrying the
 * upload.
 */
const logPatience: Milliseconds = 10 * 60_000;
/** GitHub accepts 1000 statuses for a commit and context. After this many, only verdicts are written. */
const maxAnnouncements = 900;

/**
 * The writes that GitHub still lacks for a Build, compared with the reporter's record in `status.reported`. Verdicts
 * come first, oldest first, each on its own commit. Announcements about the current commit follow.
 *
 * - An untested commit gets one `Started` and its verdict.
 * - A failed commit gets `Rechecking` during a recheck, and its verdict.
 * - A succeeded commit gets only its verdict, usually already on GitHub.
 */
export function planReport(build: Build, facts: ReportFacts): ReportPlan {
  if (facts.silent || isShadow(build) || isOfAnotherPool(build)) return {};
  const verdict = unreportedVerdict(build);
  if (verdict !== undefined) return reportVerdict(build, verdict, facts);
  const comment = commentDue(build, facts.wantsComments);
  if (comment !== undefined) return { comment };
  const text = announcementOf(build, facts);
  const { commit, request } = build.spec;
  return text === undefined ? {} : { status: { ...text, commit, request } };
}

/**
 * The oldest verdict that GitHub lacks. Only the newest verdict on a commit counts, and a silent verdict or an answered
 * request never counts. A verdict with the same text as on GitHub stays unreported until its request is recorded,
 * because a person may have cleared the status.
 */
export function unreportedVerdict(build: Build): Verdict | undefined {
  const { spec, status } = build;
  const reported = status?.reported;
  const verdicts = verdictsOf(build)
    .toReversed()
    .filter(({ silent, request }) => !silent && !isAnsweredElsewhere({ spec }, request));
  return verdicts.find(
    (verdict, n) =>
      !isReported(spec.check, verdict, reported) &&
      !verdicts.slice(n + 1).some((later) => later.commit === verdict.commit),
  );
}

function isReported(check: string, verdict: Verdict, reported: Reported | undefined): boolean {
  if (reported === undefined || verdict.request > reported.request) return false;
  if (verdict.request < reported.request || verdict.commit !== reported.commit) return true;
  return isSame(verdictStatusOf(check, verdict), reported);
}

function reportVerdict(build: Build, verdict: Verdict, facts: ReportFacts): ReportPlan {
  const wait = logPatience - facts.logWaited;
  if (verdict.log?.stored === false && wait > 0) return { wait };
  const { commit, request } = verdict;
  const status = { ...verdictStatusOf(build.spec.check, verdict), commit, request };
  const comment = verdict === build.status?.verdict ? newComment(build, verdict, facts.wantsComments) : undefined;
  return { status, ...(comment && { comment }) };
}

/**
 * Whether GitHub lacks a verdict, or the comment of the newest verdict. `wantsComments` is called only if a comment is
 * due.
 */
export function hasPendingVerdict(build: Build, wantsComments: ReportFacts["wantsComments"]): boolean {
  return unreportedVerdict(build) !== undefined || commentDue(build, wantsComments) !== undefined;
}

/** Whether GitHub still announces a build of the current commit, although the Build is not held and has no verdict. */
export function hasPendingAnnouncement(build: Build): boolean {
  const reported = reportedOn(build, build.spec.commit);
  const isAnnounced = reported !== undefined && isAnnouncement(reported.description);
  return isAnnounced && takesAnnouncements(build, reported) && build.status?.claim === undefined;
}

/** The comment for a verdict with a published status. */
function commentDue(build: Build, wantsComments: ReportFacts["wantsComments"]): ReportPlan["comment"] {
  const { verdict, reported } = build.status ?? {};
  const isLast = verdict?.commit === reported?.commit && verdict?.request === reported?.request;
  return verdict === undefined || !isLast || verdict.silent ? undefined : newComment(build, verdict, wantsComments);
}

function newComment(
  build: Build,
  verdict: Verdict,
  wantsComments: ReportFacts["wantsComments"],
): ReportPlan["comment"] {
  const comment = commentOn(build.spec.check, verdict);
  const known = reportedOn(build, verdict.commit)?.commented;
  if (comment === undefined || comment.hash === known || !wantsComments()) return undefined;
  return { ...comment, commit: verdict.commit };
}

/** Whether the current commit may get an announcement: it has no verdict yet, and not too many statuses. */
function takesAnnouncements({ spec, status }: Build, reported: Reported | undefined): boolean {
  const isAnswered = status?.verdict?.commit === spec.commit && status.verdict.request >= spec.request;
  return !isAnswered && (reported?.writes ?? 0) < maxAnnouncements;
}

/** The announcement that the current commit lacks. */
function announcementOf(build: Build, facts: ReportFacts): StatusText | undefined {
  const { spec } = build;
  const reported = reportedOn(build, spec.commit);
  if (!takesAnnouncements(build, reported)) return undefined;
  if (spec.blocked !== undefined) return blockedStatusOf(build, reported);
  const announced = reported?.request === spec.request && isAnnouncement(reported.description) ? reported : undefined;
  if (spec.group === "untested") {
    const trouble = currentTrouble(build);
    if (trouble !== undefined && !onPurpose.has(trouble.reason) && !facts.isSilentBuilder(trouble.builder)) {
      const isAnnounced = announced !== undefined && isRetrying(announced.description);
      return isAnnounced ? undefined : retryingStatusOf(trouble.reason, trouble.builder);
    }
  }
  if (announced !== undefined) return undefined;
  return runningStatusOf(build, facts, reported) ?? withdrawalOf(build, reported);
}

/** The status of a withdrawn red verdict that GitHub still shows. */
function withdrawalOf({ spec, status }: Build, reported: Reported | undefined): StatusText | undefined {
  const { opinion } = spec;
  if (opinion?.kind !== "Withdrawn" || status?.verdict?.attempt !== opinion.attempt) return undefined;
  return reported?.state === "error" ? withdrawnStatusOf(opinion.of) : undefined;
}

function runningStatusOf(
  { spec, status }: Build,
  facts: ReportFacts,
  reported: Reported | undefined,
): StatusText | undefined {
  const claim = status?.claim;
  if (status?.phase !== "Running" || claim === undefined || facts.isSilentBuilder(claim.builder)) return undefined;
  if (claim.request !== spec.request || claim.commit !== spec.commit) return undefined;
  const since = Date.parse(claim.since);
  if (spec.group === "untested") return startedStatusOf(since, claim.builder);
  // The link of a red status from another tool is unknown, and a write would lose the link.
  const isOurs = spec.group === "failed" && reported?.state === "error";
  return isOurs ? recheckingStatusOf(since, claim.builder, reported.url) : undefined;
}

/**
 * Requests approval of an untested commit without a status. Withdraws the announcement of a build that is now blocked.
 */
function blockedStatusOf({ spec, status }: Build, reported: Reported | undefined): StatusText | undefined {
  if (spec.blocked === undefined || status?.claim !== undefined) return undefined;
  const isAnnounced = reported !== undefined && isAnnouncement(reported.description);
  if (spec.blocked.reason === "Untrusted") {
    const isDue = spec.group === "untested" && reported?.description !== approvalNeeded.description;
    return isDue ? approvalNeeded : undefined;
  }
  if (!isAnnounced) return undefined;
  if (reported.state === "pending") return notBuildingStatusOf(spec.blocked.reason);
  const { verdict } = status ?? {};
  if (verdict?.commit === spec.commit && !verdict.silent) return verdictStatusOf(spec.check, verdict);
  return { state: reported.state, description: "", url: reported.url };
}

function reportedOn({ status }: Build, commit: string): Reported | undefined {
  return status?.reported?.commit === commit ? status.reported : undefined;
}

function isSame(a: StatusText, b: StatusText): boolean {
  return a.state === b.state && a.description === b.description && a.url === b.url;
}
