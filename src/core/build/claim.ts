import { type Build, type BuildStatus, type Claim, firstStatus, type Verdict } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isHostName } from "../../api/values/hostName.ts";
import { isBarred, ownFailureOf } from "./retry.ts";
import {
  type Holder,
  holds,
  isAnsweredElsewhere,
  isClaimable,
  isOfAnotherPool,
  isRecheck,
  isShadow,
  lostClaimMessage,
  mustStop,
  titleOf,
} from "./state.ts";
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
  /** The holder has another build in hand. A builder runs one build at a time, so a second claim is no honest one. */
  | { readonly cause: "SecondClaim" }
  /** The builder restarted as this incarnation. The claims of the earlier incarnation are void. */
  | { readonly cause: "NewIncarnation"; readonly incarnation: string };

/** Number of earlier verdicts that a Build keeps. */
const historyLength = 5;

/** Queued or Done → Claimed. The caller makes sure that the builder is Ready and its heartbeat is fresh. */
export function claim(build: Build, self: Omit<Holder, "attempt">, now: Milliseconds): Transition {
  if (!isClaimable(build, now)) return { refused: `${titleOf(build)} cannot be claimed now` };
  if (isBarred(build, self.builder)) return { refused: `${titleOf(build)} has broken enough builders` };
  const { step: _, ...before } = statusOf(build);
  const attempt = before.attempt + 1;
  const { request, commit } = build.spec;
  const since = new Date(now).toISOString();
  const turn = isRecheck(build) || isShadow(build) ? {} : { lastTurn: since };
  const held = { ...self, attempt, request, commit, since };
  return { status: { ...before, ...turn, phase: "Claimed", attempt, claim: held } };
}

/** Claimed → Running. From now on, the warm tree on this builder belongs to this Build. */
export function start(build: Build, holder: Holder): Transition {
  const stop = mustStop(build, holder);
  if (stop !== undefined) return { refused: stop };
  const status = statusOf(build);
  if (status.phase !== "Claimed") return { refused: `${titleOf(build)} is already ${status.phase}` };
  return { status: { ...status, ...treesAfter(status, holder.builder), phase: "Running" } };
}

/** The schema allows as many. */
const mostOlderTrees = 3;

/** The warm tree is now on this builder. The builder that had it before keeps an older tree. */
function treesAfter({ tree, olderTrees = [] }: BuildStatus, builder: string): Pick<BuildStatus, "tree" | "olderTrees"> {
  const before = [...(tree === undefined ? [] : [tree]), ...olderTrees];
  const older = [...new Set(before)].filter((one) => one !== builder).slice(0, mostOlderTrees);
  return { tree: builder, ...(older.length > 0 && { olderTrees: older }) };
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
      verdict: { ...finding, ...silenceOf(build, held, finding), commit, request, attempt, builder },
      ...(last === undefined ? {} : { history: extendHistory(last, status.history) }),
      rechecks: earlier + (isRecheck(build) ? 1 : 0),
    },
  };
}

/** The end of an attempt without a verdict of its cell. */
export interface ReleaseInput {
  readonly reason: InfrastructureReason;
  readonly message: string;
  readonly now: Milliseconds;
  /** Whether code of the pull request may have run. */
  readonly ran?: boolean;
  /** All Builders of the pool. Without them the failure never becomes a verdict. */
  readonly builders?: readonly Builder[];
  /** Log of the attempt, for a verdict. */
  readonly log?: Verdict["log"];
  /** Whether a verdict must stay silent. */
  readonly silent?: boolean;
}

/**
 * Claimed or Running → Queued, by the holder. The attempt failed for a reason outside the pull request. A failure that
 * stayed the same on three healthy builders is the pull request's own: Running → Done, with the verdict Failure.
 */
export function release(
  build: Build,
  holder: Holder,
  { ran = false, builders = [], log, silent = false, ...failure }: ReleaseInput,
): Transition {
  if (!holds(build, holder)) return { refused: lostClaimMessage(build, holder) };
  const { builder } = holder;
  const isAbsence = failure.reason === "HeartbeatLost" && isHostName(builder);
  return endAttempt(build, { ...failure, ran: ran && !isAbsence, builder }, builders, { log, silent });
}

/**
 * Claimed or Running → Queued, by the operator only; or Done, as for `release`. `builders` are all Builders of the
 * pool.
 */
export function takeBack(
  build: Build,
  why: TakeBack,
  now: Milliseconds,
  builders: readonly Builder[] = [],
): Transition {
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
    SecondClaim: `"${builder}" held another build too, and a builder runs one build at a time`,
    NewIncarnation: `"${builder}" restarted while it held the build`,
  }[why.cause];
  const isRunning = phase === "Running";
  // A host outside the cluster falls silent when it sleeps or loses its network. A build of a dishonest builder says
  // nothing about the pull request. In both cases the build is not the cause.
  const ran = isRunning && why.cause !== "SecondClaim" && !(why.cause === "Lost" && isHostName(builder));
  const fatal = why.cause === "Lost" && isRunning;
  const holder = builders.find(({ metadata }) => metadata.name === builder);
  const silent = build.spec.silent === true || holder?.status?.silent === true;
  return endAttempt(build, { reason: "BuilderLost", message, builder, now, fatal, ran }, builders, { silent });
}

/** Ends an attempt that failed: with a pause, or with a verdict if the failure is the pull request's own. */
function endAttempt(
  build: Build,
  failure: Parameters<typeof troubleAfter>[1],
  builders: readonly Builder[],
  { log, silent }: { readonly log?: Verdict["log"]; readonly silent: boolean },
): Transition {
  const { claim: held, step: _, trouble: __, ...rest } = statusOf(build);
  const { reason } = failure;
  const trouble = troubleAfter(build, failure, builders);
  // The failures of an older commit say nothing about the next one. A push does not make a harmful build harmless.
  if (reason === "Superseded" && trouble.brokenBuilders === undefined) return { status: { ...rest, phase: "Queued" } };
  const description = rest.phase === "Running" ? ownFailureOf(build, trouble, builders) : undefined;
  if (held === undefined || description === undefined) return { status: { ...rest, phase: "Queued", trouble } };
  const end = finish(build, held, {
    result: "Failure",
    description,
    cause: reason,
    silent,
    ...(log === undefined ? {} : { log }),
    startedAt: held.since,
    finishedAt: trouble.at,
  });
  // The next request must still wait for the broken builders.
  return "status" in end ? { status: { ...end.status, trouble } } : end;
}

/**
 * A verdict is silent on a shadow, on a check that another pool owns since, and on a request that was answered
 * elsewhere. The verdict of a shadow answers for the revision that the shadow was wanted from.
 */
function silenceOf(
  build: Build,
  { request }: Pick<Claim, "request">,
  { revision = build.spec.shadow?.revision }: VerdictInput,
): Partial<VerdictInput> {
  const isSilent = isShadow(build) || isOfAnotherPool(build) || isAnsweredElsewhere(build, request);
  return {
    ...(isSilent ? { silent: true } : {}),
    ...(revision === undefined ? {} : { revision }),
  };
}

function statusOf(build: Build): BuildStatus {
  return build.status ?? firstStatus;
}

function extendHistory(
  { excerpt: _, sources: __, ...last }: Verdict,
  earlier: BuildStatus["history"] = [],
): BuildStatus["history"] {
  return [last, ...earlier].slice(0, historyLength);
}
