import type { BrokenBuilder, Build, Trouble } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isActive } from "../partition/active.ts";

/** Failures that a build can cause itself, as the author reads them. No other failure ever becomes a verdict. */
const ownFailures: Partial<Record<InfrastructureReason, string>> = {
  BuilderLost: "the build stopped its builder",
  HeartbeatLost: "the builder lost its connection during the build",
  CellDied: "the build's container ended",
  DiskFull: "the build filled the disk",
  OutOfMemory: "the build ran out of memory",
  SelfTestFailed: "the build could not be prepared or started",
  // Only if the base cell built the same base. A broken base is the fault of no pull request.
  BaseBroken: "the base branch fails only in this build",
};

/** The most builders that one request may break. */
const mostBuilders = 3;
/** A verdict needs this many counted failures. */
const leastFailures = 3;
/** With this many counted failures the reasons may differ, and fewer builders suffice. */
const mostFailures = 6;
/** After this time another builder may try, although the broken builder has built nothing since. */
export const recoveryLimit: Milliseconds = 30 * 60_000;
/** A broken builder tries the build this often before untouched builders come first. */
const triesBeforeOthers = 2;

/** A failed attempt, as far as the retry rules need it. */
export interface FailedAttempt {
  readonly reason: InfrastructureReason;
  readonly builder: string;
  /** Whether code of the pull request may have run. */
  readonly ran: boolean;
  readonly now: Milliseconds;
}

/** A builder that considers a build. */
export interface Candidate {
  readonly self: string;
  /** All Builders of the pool. */
  readonly builders: readonly Builder[];
  /** Whether any builder may take the build. With the strategy Modulo, only its owner may. */
  readonly isShared: boolean;
  readonly patience: Milliseconds;
  readonly now: Milliseconds;
}

/** The broken builders of the current request. */
export function brokenBuildersOf({ spec, status }: Build): readonly BrokenBuilder[] {
  return (status?.trouble?.brokenBuilders ?? []).filter(({ request }) => request === spec.request);
}

/** Whether the request has broken as many builders as it may, and this builder is not among them. */
export function isBarred(build: Build, builder: string): boolean {
  const broken = brokenBuildersOf(build);
  return broken.length >= mostBuilders && !broken.some((one) => one.builder === builder);
}

/**
 * The time until this builder may start a build that broke builders: 0 if it may start now, Infinity if it never may.
 *
 * - Another builder may start after each broken builder has built something else, or 30 minutes after the failure. An
 *   earlier request counts too: a push does not make a harmful build harmless.
 * - A broken builder that is Ready again may try once more. After two failures there, untouched builders come first.
 *   Without an untouched builder it waits for its own recovery.
 * - At most three builders may be broken.
 */
export function retryHoldOf(build: Build, { self, builders, isShared, patience, now }: Candidate): Milliseconds {
  const all = build.status?.trouble?.brokenBuilders ?? [];
  if (all.length === 0) return 0;
  if (isBarred(build, self)) return Number.POSITIVE_INFINITY;
  const holdFor = (one: BrokenBuilder) =>
    hasRecovered(build, one, builders) ? 0 : timeLeft(Date.parse(one.at), recoveryLimit, now);
  const others = Math.max(0, ...all.filter(({ builder }) => builder !== self).map(holdFor));
  const current = brokenBuildersOf(build);
  const own = current.find(({ builder }) => builder === self);
  if (own === undefined) return others;
  if (own.times < triesBeforeOthers) return others;
  const isUntouched = (one: Builder) => isActive(one) && !all.some(({ builder }) => builder === one.metadata.name);
  if (isShared && current.length < mostBuilders && builders.some(isUntouched))
    return Math.max(others, timeLeft(Date.parse(own.at), recoveryLimit + patience, now));
  return sufficesSelfTest(own, current, builders) ? others : Math.max(others, holdFor(own));
}

/**
 * Whether a build leaves the next turn on this builder to other builds: it broke the builder, which has built nothing
 * else since. Otherwise such a build could keep a builder from all others.
 */
export function yieldsTurn(build: Build, self: string, builders: readonly Builder[]): boolean {
  const own = build.status?.trouble?.brokenBuilders?.find(({ builder }) => builder === self);
  return own !== undefined && !hasRecovered(build, own, builders);
}

/**
 * The builders that the pull request has broken after a failed attempt, the last one at the end. A second failure on a
 * builder counts only if the builder was healthy in between.
 */
export function brokenBuildersAfter(
  build: Build,
  { reason, builder, ran, now }: FailedAttempt,
  builders: readonly Builder[],
): readonly BrokenBuilder[] {
  const before = build.status?.trouble?.brokenBuilders ?? [];
  if (!ran || ownFailures[reason] === undefined) return before;
  const request = build.status?.claim?.request ?? build.spec.request;
  const current = before.filter((one) => one.request === request);
  const last = current.find((one) => one.builder === builder);
  // A started build proves that its builder was Ready.
  const isCounted =
    last === undefined || hasRecovered(build, last, builders) || sufficesSelfTest(last, current, builders);
  const lastVerdict = builders.find(({ metadata }) => metadata.name === builder)?.status?.lastVerdict?.at;
  const broken = {
    builder,
    request,
    reason,
    times: (last?.times ?? 0) + 1,
    counted: (last?.counted ?? 0) + (isCounted ? 1 : 0),
    at: new Date(now).toISOString(),
    ...(lastVerdict === undefined ? {} : { lastVerdict }),
  };
  return [...before.filter((one) => one.builder !== builder), broken].slice(-mostBuilders);
}

/**
 * The text for the author if the failures are the pull request's own, at most 140 characters. Undefined if the build is
 * retried. The failure must have stayed the same on three healthy builders, or on all builders of a smaller pool. After
 * six counted failures, reasons and number of builders do not matter. Without `builders` nothing proves their health.
 */
export function ownFailureOf(
  build: Build,
  { reason, builder, request, ...trouble }: Pick<Trouble, "reason" | "brokenBuilders" | "builder" | "request">,
  builders: readonly Builder[],
): string | undefined {
  const brokenBuilders = (trouble.brokenBuilders ?? []).filter((one) => one.request === request);
  if (ownFailures[reason] === undefined || brokenBuilders.at(-1)?.builder !== builder) return undefined;
  if (builders.length === 0) return undefined;
  const failures = brokenBuilders.reduce((sum, { counted }) => sum + counted, 0);
  const isSame = brokenBuilders.every((one) => one.reason === reason);
  const isEverywhere = brokenBuilders.length >= Math.min(mostBuilders, poolSizeOf(builders, brokenBuilders));
  if (failures < leastFailures || (failures < mostFailures && !(isSame && isEverywhere))) return undefined;
  // A second counted failure shows that the builder worked after the first one.
  const isProven = (one: BrokenBuilder) =>
    one.builder === builder ||
    one.counted > 1 ||
    hasRecovered(build, one, builders) ||
    hasPassedSelfTest(one, brokenBuilders, builders);
  if (!brokenBuilders.every(isProven)) return undefined;
  const places = brokenBuilders.length === 1 ? "1 builder" : `${brokenBuilders.length} builders`;
  return `Gave up after ${failures} attempts on ${places}: ${ownFailures[reason]}`;
}

/** The broken builder whose recovery another builder awaits, if any. */
export function awaitedRecoveryOf(
  build: Build,
  builders: readonly Builder[],
  now: Milliseconds,
): { readonly builder: string; readonly left: Milliseconds } | undefined {
  const waiting = (build.status?.trouble?.brokenBuilders ?? []).flatMap((one) => {
    const left = timeLeft(Date.parse(one.at), recoveryLimit, now);
    return left > 0 && !hasRecovered(build, one, builders) ? [{ builder: one.builder, left }] : [];
  });
  return waiting.toSorted((a, b) => b.left - a.left)[0];
}

/**
 * Whether a broken builder has given a verdict on another Build since. Times of one builder are compared for change.
 */
function hasRecovered(build: Build, { builder, lastVerdict }: BrokenBuilder, builders: readonly Builder[]): boolean {
  const last = builders.find(({ metadata }) => metadata.name === builder)?.status?.lastVerdict;
  return last !== undefined && last.at !== lastVerdict && last.build !== build.metadata.name;
}

/** Whether a passed self-test suffices, and the builder is Ready after it. */
function hasPassedSelfTest(
  one: BrokenBuilder,
  broken: readonly BrokenBuilder[],
  builders: readonly Builder[],
): boolean {
  const phase = builders.find(({ metadata }) => metadata.name === one.builder)?.status?.phase ?? "";
  return sufficesSelfTest(one, broken, builders) && ["Ready", "Draining"].includes(phase);
}

/**
 * Whether a passed self-test proves that a builder works: in a pool of one or two builders, which may have nothing else
 * to build. After such a failure a builder starts a build only after its self-test. A self-test cannot prove that a
 * disk is large enough, or that a base can be used.
 */
function sufficesSelfTest(
  { reason }: BrokenBuilder,
  broken: readonly BrokenBuilder[],
  builders: readonly Builder[],
): boolean {
  return reason !== "DiskFull" && reason !== "BaseBroken" && poolSizeOf(builders, broken) < mostBuilders;
}

/** The number of builders that may give an opinion: broken ones, and those that build now or soon. */
function poolSizeOf(builders: readonly Builder[], broken: readonly BrokenBuilder[]): number {
  const usable = builders.filter(
    ({ metadata, spec, status }) =>
      metadata.deletionTimestamp === undefined &&
      spec.desired === "Active" &&
      !["Quarantined", "Lost", "Drained"].includes(status?.phase ?? ""),
  );
  return new Set([...usable.map(({ metadata }) => metadata.name), ...broken.map(({ builder }) => builder)]).size;
}

/** The rest of a time span. A start in the future comes from a wrong clock, and the span is ignored. */
function timeLeft(start: Milliseconds, span: Milliseconds, now: Milliseconds): Milliseconds {
  const left = start + span - now;
  return left > 0 && left <= span ? left : 0;
}
