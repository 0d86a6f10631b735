import type { Build, BuildStatus, Claim, Verdict } from "../../api/objects/build.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { pauseLeft, troubleAfter } from "./trouble.ts";

/** Who holds a claim; the attempt tells this claim from every other of the same Build. */
export type Holder = Pick<Claim, "builder" | "incarnation" | "attempt">;

/**
 * The status to write, under the precondition that the Build is still the one that was read; or why the step is not allowed,
 * as a sentence. A write that conflicts is no answer: read again and ask again.
 */
export type Transition = { readonly status: BuildStatus } | { readonly refused: string };

/** What the holder knows of its verdict; the rest is taken from its claim. */
export type VerdictInput = Omit<Verdict, "commit" | "request" | "attempt" | "builder">;

/** Why the operator takes a claim back. */
export type TakeBack =
  /** The holder's heartbeat stopped: what it has not started goes to somebody else. */
  | { readonly cause: "Suspect" }
  /** It stopped for so long that the holder has killed its build, or its death is certain. */
  | { readonly cause: "Lost" }
  /** The builder lives as another process, this one: what the earlier one held is void. */
  | { readonly cause: "NewIncarnation"; readonly incarnation: string };

const historyLength = 5;

/** Queued or Done → Claimed. That the builder is Ready and its heartbeat fresh is the caller's to know. */
export function claim(build: Build, self: Omit<Holder, "attempt">, now: Milliseconds): Transition {
  if (!isClaimable(build, now)) return { refused: `${name(build)} is not there to be claimed` };
  const { step: _, ...before } = statusOf(build);
  const attempt = before.attempt + 1;
  const { request, commit } = build.spec;
  const since = new Date(now).toISOString();
  return { status: { ...before, phase: "Claimed", attempt, claim: { ...self, attempt, request, commit, since } } };
}

/** Claimed → Running, from which instant the tree on this builder is this build's. */
export function start(build: Build, holder: Holder): Transition {
  const stop = mustStop(build, holder);
  if (stop !== undefined) return { refused: stop };
  const status = statusOf(build);
  if (status.phase !== "Claimed") return { refused: `${name(build)} is ${status.phase} already` };
  return { status: { ...status, phase: "Running", tree: holder.builder } };
}

/**
 * Running → Done. A verdict about a commit that has a successor by now is kept all the same: it is true of its commit, and
 * the Build remains wanted for the new one.
 */
export function finish(build: Build, holder: Holder, finding: VerdictInput): Transition {
  const status = statusOf(build);
  const { claim: held, verdict: last, trouble: _, step: __, ...rest } = status;
  if (held === undefined || !holds(build, holder)) return { refused: notHeld(build, holder) };
  if (status.phase !== "Running")
    return { refused: `${name(build)} is ${status.phase}, so there is no verdict to give` };
  const { builder, attempt, request, commit } = held;
  const earlier = last?.commit === commit ? (status.rechecks ?? 0) : 0;
  return {
    status: {
      ...rest,
      phase: "Done",
      verdict: { ...finding, commit, request, attempt, builder },
      ...(last === undefined ? {} : { history: extend(last, status.history) }),
      rechecks: earlier + (isRecheck(build) ? 1 : 0),
    },
  };
}

/** Claimed or Running → Queued, by the holder: no verdict could be had, for a reason that is not the pull request's. */
export function release(
  build: Build,
  holder: Holder,
  {
    reason,
    message,
    now,
  }: { readonly reason: InfrastructureReason; readonly message: string; readonly now: Milliseconds },
): Transition {
  if (!holds(build, holder)) return { refused: notHeld(build, holder) };
  return { status: queued(build, { reason, message, builder: holder.builder, now }) };
}

/** Claimed or Running → Queued, by the operator alone. */
export function takeBack(build: Build, why: TakeBack, now: Milliseconds): Transition {
  const { phase, claim: held } = statusOf(build);
  if (held === undefined) return { refused: `${name(build)} is claimed by nobody` };
  const { builder } = held;
  if (why.cause === "Suspect" && phase === "Running") {
    return { refused: `${name(build)} may still be built by "${builder}", which is silent but not lost` };
  }
  if (why.cause === "NewIncarnation" && held.incarnation === why.incarnation) {
    return { refused: `${name(build)} is held by the present process of "${builder}"` };
  }
  const message = {
    Suspect: `The heartbeat of "${builder}" stopped before it started the build`,
    Lost: `"${builder}" was lost while it held the build`,
    NewIncarnation: `"${builder}" was started anew while it held the build`,
  }[why.cause];
  const fatal = why.cause === "Lost" && phase === "Running";
  return { status: queued(build, { reason: "BuilderLost", message, builder, now, fatal }) };
}

/** Whether somebody asked for a build that has no verdict yet. */
export function isWanted({ spec, status }: Build): boolean {
  return spec.request > (status?.verdict?.request ?? 0);
}

/** Whether the wanted build would repeat one whose result is known. */
export function isRecheck({ spec }: Build): boolean {
  return spec.group !== "untested";
}

/** Whether it is claimed or running. */
export function isHeld({ status }: Build): boolean {
  return status?.phase === "Claimed" || status?.phase === "Running";
}

/** Whether a builder may claim it now: wanted, held by nobody, not blocked, not on its way out, not pausing after a failure. */
export function isClaimable(build: Build, now: Milliseconds): boolean {
  return claimableIn(build, now) === 0;
}

/** In how long a builder may claim it when nothing else changes; Infinity when something must change first. */
export function claimableIn(build: Build, now: Milliseconds): Milliseconds {
  const { spec, metadata } = build;
  const isOpen = spec.blocked === undefined && metadata.deletionTimestamp === undefined;
  return isOpen && isWanted(build) && !isHeld(build) ? pauseLeft(build, now) : Number.POSITIVE_INFINITY;
}

/** Whether the claim on the Build is this one. */
export function holds(build: Build, { builder, incarnation, attempt }: Holder): boolean {
  const held = build.status?.claim;
  return isHeld(build) && held?.builder === builder && held.incarnation === incarnation && held.attempt === attempt;
}

/** Why the holder must stop building, as a sentence; undefined when it may go on. A Build that is gone is undefined. */
export function mustStop(build: Build | undefined, holder: Holder): string | undefined {
  if (build === undefined) return "The pull request was closed, merged or is no longer tested here";
  const held = build.status?.claim;
  if (held === undefined || !holds(build, holder)) return notHeld(build, holder);
  if (build.metadata.deletionTimestamp !== undefined) return `${name(build)} is being deleted`;
  if (build.spec.commit !== held.commit) return `${name(build)} has a new commit, ${build.spec.commit.slice(0, 10)}`;
  if (build.spec.request !== held.request) return `A rebuild of ${name(build)} was asked for`;
  return build.spec.blocked?.message;
}

function queued(build: Build, trouble: Parameters<typeof troubleAfter>[1]): BuildStatus {
  const { claim: _, step: __, trouble: ___, ...rest } = statusOf(build);
  const isNews = trouble.reason !== "Superseded";
  return { ...rest, phase: "Queued", ...(isNews ? { trouble: troubleAfter(build, trouble) } : {}) };
}

function statusOf(build: Build): BuildStatus {
  return build.status ?? { phase: "Queued", attempt: 0 };
}

function extend({ excerpt: _, ...last }: Verdict, earlier: BuildStatus["history"] = []): BuildStatus["history"] {
  return [last, ...earlier].slice(0, historyLength);
}

function notHeld(build: Build, { builder, attempt }: Holder): string {
  return `"${builder}" no longer holds attempt ${attempt} of ${name(build)}`;
}

function name({ spec }: Build): string {
  return `${spec.check} of ${spec.repository}#${spec.number}`;
}
