import type { Build, BuildStatus, Verdict } from "../../api/objects/build.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { type Holder, holds, isClaimable, isRecheck, lostClaimMessage, mustStop, titleOf } from "./state.ts";
import { troubleAfter } from "./trouble.ts";

/**
 * The status to write, or the reason for a refused step, as a sentence. Write the status only over the version of the
 * Build that was read. After a write conflict, read the Build again and repeat the step.
 */
export type Transition = { readonly status: BuildStatus } | { readonly refused: string };

/** The holder's part of a verdict. The claim supplies the rest. */
export type VerdictInput = Omit<Verdict, "commit" | "request" | "attempt" | "builder">;

/** The reason why the operator takes a claim back. */
export type TakeBack =
  /** The holder's heartbeat stopped. A claim without a started build is requeued. */
  | { readonly cause: "Suspect" }
  /** The heartbeat stopped long enough ago that the holder has killed its build, or the holder is certainly dead. */
  | { readonly cause: "Lost" }
  /** The builder restarted as this incarnation. The claims of the earlier incarnation are void. */
  | { readonly cause: "NewIncarnation"; readonly incarnation: string };

/** Number of earlier verdicts that a Build keeps. */
const historyLength = 5;

/** Queued or Done → Claimed. The caller makes sure that the builder is Ready and its heartbeat is fresh. */
export function claim(build: Build, self: Omit<Holder, "attempt">, now: Milliseconds): Transition {
  if (!isClaimable(build, now)) return { refused: `${titleOf(build)} cannot be claimed now` };
  const { step: _, ...before } = statusOf(build);
  const attempt = before.attempt + 1;
  const { request, commit } = build.spec;
  const since = new Date(now).toISOString();
  return { status: { ...before, phase: "Claimed", attempt, claim: { ...self, attempt, request, commit, since } } };
}

/** Claimed → Running. From now on, the warm tree on this builder belongs to this Build. */
export function start(build: Build, holder: Holder): Transition {
  const stop = mustStop(build, holder);
  if (stop !== undefined) return { refused: stop };
  const status = statusOf(build);
  if (status.phase !== "Claimed") return { refused: `${titleOf(build)} is already ${status.phase}` };
  return { status: { ...status, phase: "Running", tree: holder.builder } };
}

/**
 * Running → Done. Keeps a verdict on an outdated commit too, because the verdict is still true of that commit. The
 * Build then remains wanted for the new commit.
 */
export function finish(build: Build, holder: Holder, finding: VerdictInput): Transition {
  const status = statusOf(build);
  const { claim: held, verdict: last, trouble: _, step: __, ...rest } = status;
  if (held === undefined || !holds(build, holder)) return { refused: lostClaimMessage(build, holder) };
  if (status.phase !== "Running")
    return { refused: `${titleOf(build)} is ${status.phase}, not Running, so it takes no verdict` };
  const { builder, attempt, request, commit } = held;
  const earlier = last?.commit === commit ? (status.rechecks ?? 0) : 0;
  return {
    status: {
      ...rest,
      phase: "Done",
      verdict: { ...finding, commit, request, attempt, builder },
      ...(last === undefined ? {} : { history: extendHistory(last, status.history) }),
      rechecks: earlier + (isRecheck(build) ? 1 : 0),
    },
  };
}

/** Claimed or Running → Queued, by the holder. The attempt failed for a reason outside the pull request. */
export function release(
  build: Build,
  holder: Holder,
  {
    reason,
    message,
    now,
  }: { readonly reason: InfrastructureReason; readonly message: string; readonly now: Milliseconds },
): Transition {
  if (!holds(build, holder)) return { refused: lostClaimMessage(build, holder) };
  return { status: queuedStatusOf(build, { reason, message, builder: holder.builder, now }) };
}

/** Claimed or Running → Queued, by the operator only. */
export function takeBack(build: Build, why: TakeBack, now: Milliseconds): Transition {
  const { phase, claim: held } = statusOf(build);
  if (held === undefined) return { refused: `No builder holds ${titleOf(build)}` };
  const { builder } = held;
  if (why.cause === "Suspect" && phase === "Running") {
    return { refused: `"${builder}" is silent but not lost, and may still build ${titleOf(build)}` };
  }
  if (why.cause === "NewIncarnation" && held.incarnation === why.incarnation) {
    return { refused: `The current process of "${builder}" holds ${titleOf(build)}` };
  }
  const message = {
    Suspect: `The heartbeat of "${builder}" stopped before it started the build`,
    Lost: `"${builder}" was lost while it held the build`,
    NewIncarnation: `"${builder}" restarted while it held the build`,
  }[why.cause];
  const fatal = why.cause === "Lost" && phase === "Running";
  return { status: queuedStatusOf(build, { reason: "BuilderLost", message, builder, now, fatal }) };
}

function queuedStatusOf(build: Build, trouble: Parameters<typeof troubleAfter>[1]): BuildStatus {
  const { claim: _, step: __, trouble: ___, ...rest } = statusOf(build);
  const isRecorded = trouble.reason !== "Superseded";
  return { ...rest, phase: "Queued", ...(isRecorded ? { trouble: troubleAfter(build, trouble) } : {}) };
}

function statusOf(build: Build): BuildStatus {
  return build.status ?? { phase: "Queued", attempt: 0 };
}

function extendHistory({ excerpt: _, ...last }: Verdict, earlier: BuildStatus["history"] = []): BuildStatus["history"] {
  return [last, ...earlier].slice(0, historyLength);
}
