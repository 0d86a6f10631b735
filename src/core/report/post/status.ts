import type { Verdict, VerdictResult } from "../../../api/objects/build.ts";
import type { BlockedReason, InfrastructureReason } from "../../../api/objects/reasons.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { toolNameOf } from "../../definitions/alibuild.ts";
import { truncate } from "../log/line.ts";

/** What GitHub shows beside a check. */
export interface StatusText {
  readonly state: "pending" | "success" | "error";
  readonly description: string;
  /** Empty for none. */
  readonly url: string;
}

/** GitHub refuses longer descriptions. */
const maxDescription = 140;

/** Other tools look for exactly this text, and replace it once the pull request was approved. */
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
  HeartbeatLost: "the builder lost its connection",
};

const blockedPhrases: Readonly<Record<Exclude<BlockedReason, "Untrusted" | "OwnedByAnotherPool">, string>> = {
  Draft: "the pull request is a draft",
  DefinitionError: "the check is not defined correctly",
  CheckRemoved: "this check is no longer asked for",
  Closed: "the pull request is no longer open on this branch",
  PoolDeleted: "the builders of this check are gone",
};

/** What GitHub shows for a verdict, in the words the field knows. A red one is `error`: tools that wait for checks read it so. */
export function verdictStatusOf(check: string, verdict: Pick<Verdict, "result" | "log">): StatusText {
  const { state, description } = verdictTexts[verdict.result];
  return {
    state,
    description: description.replace("aliBuild", toolNameOf({ name: check })),
    url: verdict.log?.url ?? "",
  };
}

/** A build of an untested commit runs. */
export function startedStatusOf(since: Milliseconds, builder: string): StatusText {
  return pending(`Started ${startTimeOf(since)} on ${builder}`);
}

/** A failed commit is built again: it stays red and keeps its link. */
export function recheckingStatusOf(since: Milliseconds, builder: string, url: string): StatusText {
  return { state: "error", description: describe(`Rechecking since ${startTimeOf(since)} on ${builder}`), url };
}

/** The last attempt failed for a reason that is not the pull request's. */
export function retryingStatusOf(reason: InfrastructureReason, builder: string): StatusText {
  return pending(`Retrying, not the pull request's fault: ${infrastructurePhrases[reason]} on ${builder}`);
}

/** A build that was announced does not take place. Undefined where another status says why. */
export function notBuildingStatusOf(reason: BlockedReason): StatusText | undefined {
  if (reason === "Untrusted" || reason === "OwnedByAnotherPool") return undefined;
  return pending(`Not building: ${blockedPhrases[reason]}`);
}

/** Whether a description announces a running build, in our words: it must not stay when the build does not take place. */
export function isAnnouncement(description: string): boolean {
  return /^(?:Started|Rechecking since|Retrying,) /.test(description);
}

/** Whether a description says that an attempt failed for a reason of ours. */
export function isRetrying(description: string): boolean {
  return description.startsWith("Retrying, ");
}

/**
 * Whether a pending status is one that we write, rather than somebody's wish for a rebuild: a listing may still show it after
 * the verdict, and it stays for good when GitHub refuses the verdict.
 */
export function isOwnPending(description: string): boolean {
  return (
    isAnnouncement(description) ||
    description.startsWith("Not building: ") ||
    description === approvalNeeded.description
  );
}

function pending(description: string): StatusText {
  return { state: "pending", description: describe(description), url: "" };
}

function describe(text: string): string {
  return truncate(text, maxDescription);
}

const geneva = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Zurich",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** `Mon 19:12 CET`: the zone is the field's own label, in summer too. */
export function startTimeOf(instant: Milliseconds): string {
  const parts = Object.fromEntries(geneva.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts["weekday"]} ${parts["hour"]}:${parts["minute"]} CET`;
}
