import type { Verdict, VerdictResult } from "../../../api/objects/build.ts";
import type { BlockedReason, InfrastructureReason } from "../../../api/objects/reasons.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { toolNameOf } from "../../definitions/alibuild.ts";
import { readableLineOf, truncate } from "../log/line.ts";

/** The commit status that GitHub shows for a check. */
export interface StatusText {
  readonly state: "pending" | "success" | "error";
  readonly description: string;
  /** The link of the status; empty for no link. */
  readonly url: string;
}

/** The longest description that GitHub accepts, in characters. */
const maxDescription = 140;

/** Other tools match exactly this text and replace it after the pull request is approved. */
export const approvalNeeded: StatusText = {
  state: "pending",
  description: "Security: approval needed, not starting",
  url: "",
};

const verdictTexts = {
  Success: { state: "success", description: "" },
  Failure: { state: "error", description: "" },
  Conflict: { state: "error", description: "Please resolve merge conflicts" },
  TooBig: { state: "error", description: "PR too big. Rejecting." },
  Skipped: { state: "success", description: "skipped; no relevant changes" },
  DoctorError: { state: "error", description: "aliBuild doctor error" },
} as const satisfies Record<VerdictResult, Omit<StatusText, "url">>;

const infrastructurePhrases: Readonly<Record<InfrastructureReason, string>> = {
  BaseBroken: "the base branch alone fails",
  NothingBuilt: "the check built nothing",
  FetchFailed: "a repository could not be fetched",
  CommitNotFound: "the commit could not be found",
  ToolInstallFailed: "aliBuild could not be installed",
  SelfTestFailed: "the tool chain does not work",
  DiskFull: "the disk is full",
  OutOfMemory: "the build ran out of memory",
  CellDied: "the build was lost",
  DependencyFetchFailed: "a dependency could not be fetched",
  LogStoreFailed: "the logs could not be kept",
  BuilderLost: "the builder was lost",
  Drained: "the builder was drained",
  Superseded: "there is a newer commit",
  Preempted: "an untested pull request goes first",
  SecondOpinion: "a second opinion is needed after red verdicts",
  HeartbeatLost: "the builder lost its connection",
};

const blockedPhrases: Readonly<Record<Exclude<BlockedReason, "Untrusted" | "OwnedByAnotherPool">, string>> = {
  Draft: "the pull request is a draft",
  DefinitionError: "the check is not defined correctly",
  CheckRemoved: "this check is no longer asked for",
  Closed: "the pull request is no longer open on this branch",
  PoolDeleted: "the builders of this check are gone",
};

/** The description of a conflict: the fixed text, then as many file names as fit. */
export function conflictDescriptionOf(files: readonly string[]): string {
  const start = verdictTexts.Conflict.description;
  const names = files.map((name) => readableLineOf(Buffer.from(name)).replace(/[\t\n]/g, "\ufffd"));
  const whole = (count: number) => {
    const left = names.length - count;
    const more = left === 0 ? "" : count === 0 ? `${left} files` : ` and ${left} more`;
    return `${start}: ${names.slice(0, count).join(", ")}${more}`;
  };
  if (names.length === 0) return start;
  const counts = [...names.keys()].map((index) => names.length - index);
  const fitting = counts.map(whole).find((text) => text.length <= maxDescription);
  return (
    fitting ?? (names.length === 1 ? fitDescription(`${start}: …${names[0]?.slice(-100).toWellFormed()}`) : whole(0))
  );
}

/**
 * The status of a verdict, in ali-bot's words. A failure shows its first error, or the reason why it counts as the pull
 * request's own. A conflict names its files and a big pull request its size, after ali-bot's words. Red is `error`, not
 * `failure`: tools that wait for checks match `error`.
 */
export function verdictStatusOf(
  check: string,
  verdict: Pick<Verdict, "result" | "log" | "cause"> & Partial<Pick<Verdict, "description">>,
): StatusText {
  const { state, description } = verdictTexts[verdict.result];
  if (verdict.cause !== undefined || verdict.result === "Failure")
    return { state, description: fitDescription(verdict.description ?? ""), url: verdict.log?.url ?? "" };
  const fixed = description.replace("aliBuild", toolNameOf({ name: check }));
  const details = verdict.result === "Conflict" || verdict.result === "TooBig" ? verdict.description : undefined;
  return {
    state,
    description: details?.startsWith(fixed) === true ? fitDescription(details) : fixed,
    url: verdict.log?.url ?? "",
  };
}

/** The status for a running build of an untested commit. */
export function startedStatusOf(since: Milliseconds, builder: string): StatusText {
  return pendingStatus(`Started ${startTimeOf(since)} on ${builder}`);
}

/** The status for a recheck of a failed commit. The status stays red and keeps its link. */
export function recheckingStatusOf(since: Milliseconds, builder: string, url: string): StatusText {
  return { state: "error", description: fitDescription(`Rechecking since ${startTimeOf(since)} on ${builder}`), url };
}

/** The status after an attempt that failed for a reason outside the pull request. */
export function retryingStatusOf(reason: InfrastructureReason, builder: string): StatusText {
  return pendingStatus(`Retrying, not the pull request's fault: ${infrastructurePhrases[reason]} on ${builder}`);
}

/** The status after a red verdict was withdrawn. */
export function withdrawnStatusOf(builder: string): StatusText {
  return pendingStatus(`Retrying, not the pull request's fault: the red verdict of ${builder} was wrong elsewhere`);
}

/** The status that withdraws an announced build; undefined if another status gives the reason. */
export function notBuildingStatusOf(reason: BlockedReason): StatusText | undefined {
  if (reason === "Untrusted" || reason === "OwnedByAnotherPool") return undefined;
  return pendingStatus(`Not building: ${blockedPhrases[reason]}`);
}

/** Whether a description is our announcement of a build. Such a status must be withdrawn if the build is cancelled. */
export function isAnnouncement(description: string): boolean {
  return /^(?:Started|Rechecking since|Retrying,) /.test(description);
}

/** Whether a description reports an attempt that failed for an infrastructure reason. */
export function isRetrying(description: string): boolean {
  return description.startsWith("Retrying, ");
}

/**
 * Whether a pending status is ours, and not a person's request for a rebuild. A listing may still show our status after
 * the verdict. Our status stays permanently if GitHub refuses the verdict.
 */
export function isOwnPending(description: string): boolean {
  return (
    isAnnouncement(description) ||
    description.startsWith("Not building: ") ||
    description === approvalNeeded.description
  );
}

function pendingStatus(description: string): StatusText {
  return { state: "pending", description: fitDescription(description), url: "" };
}

function fitDescription(text: string): string {
  return truncate(text, maxDescription);
}

const geneva = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Zurich",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** A start time such as `Mon 19:12 CET`. As in ali-bot, the zone reads `CET` in summer too. */
export function startTimeOf(instant: Milliseconds): string {
  const parts = Object.fromEntries(geneva.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts["weekday"]} ${parts["hour"]}:${parts["minute"]} CET`;
}
