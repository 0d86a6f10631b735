import type { Build, Reported, Verdict } from "../../../api/objects/build.ts";
import type { InfrastructureReason } from "../../../api/objects/reasons.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { currentTrouble } from "../../build/trouble.ts";
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
} from "./status.ts";

/** What the reporter knows beside the Build. */
export interface ReportFacts {
  /** Whether the check wants comments on failed builds. */
  readonly wantsComments: () => boolean;
  /** Whether pool or check is silent: then nothing is published. */
  readonly silent: boolean;
  /** Whether a builder is silent: then what it builds is not announced. */
  readonly isSilentBuilder: (name: string) => boolean;
  /** How long the log of the verdict to report has been waited for. */
  readonly logWaited: Milliseconds;
}

export interface PlannedStatus extends StatusText {
  readonly commit: string;
  readonly request: number;
}

/** What GitHub should get now: nothing when it has everything. The status goes first. */
export interface ReportPlan {
  readonly status?: PlannedStatus;
  readonly comment?: Comment & { readonly commit: string };
  /** Nothing is written before: the log that a verdict links to is on its way. */
  readonly wait?: Milliseconds;
}

/** A verdict without its log is posted after this long: the address is known, and the builder keeps trying to store it. */
const logPatience: Milliseconds = 10 * 60_000;
/** GitHub takes 1000 statuses for a commit and context. From here on only verdicts are written. */
const maxAnnouncements = 900;
/** The build was put back on purpose: that is no failure, and the next attempt follows. */
const onPurpose: ReadonlySet<InfrastructureReason> = new Set(["Drained", "Superseded", "Preempted"]);

/**
 * What GitHub should have for a Build and, by the reporter's own record in `status.reported`, does not have. Verdicts come first,
 * oldest first, each on its own commit; then what is announced about the current one. An untested commit gets one `Started` and
 * its verdict; a failed one that is checked again `Rechecking` and its verdict; a succeeded one its verdict, which mostly is there.
 */
export function planReport(build: Build, facts: ReportFacts): ReportPlan {
  if (facts.silent) return {};
  const verdict = unreportedVerdict(build);
  if (verdict !== undefined) return reportVerdict(build, verdict, facts);
  const comment = commentDue(build, facts);
  if (comment !== undefined) return { comment };
  const text = announcement(build, facts);
  const { commit, request } = build.spec;
  return text === undefined ? {} : { status: { ...text, commit, request } };
}

/**
 * The oldest verdict that GitHub does not have. Of several on one commit only the newest counts; one given in silence never does.
 * A verdict that says what GitHub has already is unreported too, until its request is on record: somebody may have cleared it.
 */
export function unreportedVerdict({ spec, status }: Build): Verdict | undefined {
  const reported = status?.reported;
  const all = [...(status?.history ?? []).toReversed(), ...(status?.verdict ? [status.verdict] : [])];
  const verdicts = all.filter(({ silent }) => !silent);
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
  const comment = verdict === build.status?.verdict ? newComment(build, verdict, facts) : undefined;
  return { status, ...(comment && { comment }) };
}

/** The comment for a verdict whose status GitHub has. */
function commentDue(build: Build, facts: ReportFacts): ReportPlan["comment"] {
  const { verdict, reported } = build.status ?? {};
  const isLast = verdict?.commit === reported?.commit && verdict?.request === reported?.request;
  return verdict === undefined || !isLast || verdict.silent ? undefined : newComment(build, verdict, facts);
}

function newComment(build: Build, verdict: Verdict, { wantsComments }: ReportFacts): ReportPlan["comment"] {
  const comment = commentOn(build.spec.check, verdict);
  const known = reportedOn(build, verdict.commit)?.commented;
  if (comment === undefined || comment.hash === known || !wantsComments()) return undefined;
  return { ...comment, commit: verdict.commit };
}

/** What is said about the current commit while it has no verdict. */
function announcement(build: Build, facts: ReportFacts): StatusText | undefined {
  const { spec, status } = build;
  const reported = reportedOn(build, spec.commit);
  const isAnswered = status?.verdict?.commit === spec.commit && status.verdict.request >= spec.request;
  if (isAnswered || (reported?.writes ?? 0) >= maxAnnouncements) return undefined;
  if (spec.blocked !== undefined) return blocked(build, reported);
  const said = reported?.request === spec.request && isAnnouncement(reported.description) ? reported : undefined;
  if (spec.group === "untested") {
    const trouble = currentTrouble(build);
    if (trouble !== undefined && !onPurpose.has(trouble.reason) && !facts.isSilentBuilder(trouble.builder)) {
      const isSaid = said !== undefined && isRetrying(said.description);
      return isSaid ? undefined : retryingStatusOf(trouble.reason, trouble.builder);
    }
  }
  return said === undefined ? running(build, facts, reported) : undefined;
}

function running({ spec, status }: Build, facts: ReportFacts, reported: Reported | undefined): StatusText | undefined {
  const claim = status?.claim;
  if (status?.phase !== "Running" || claim === undefined || facts.isSilentBuilder(claim.builder)) return undefined;
  if (claim.request !== spec.request || claim.commit !== spec.commit) return undefined;
  const since = Date.parse(claim.since);
  if (spec.group === "untested") return startedStatusOf(since, claim.builder);
  // Where the red status is not ours its link is not known, and writing would lose it.
  const isOurs = spec.group === "failed" && reported?.state === "error";
  return isOurs ? recheckingStatusOf(since, claim.builder, reported.url) : undefined;
}

/** Nobody asks to approve what has a status already; an announced build that will not take place is called off. */
function blocked({ spec, status }: Build, reported: Reported | undefined): StatusText | undefined {
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
