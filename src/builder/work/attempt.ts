import type { Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Build, MergedSource } from "../../api/objects/build.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import { finish, release, start } from "../../core/build/claim.ts";
import { type Holder, holds, isShadow } from "../../core/build/state.ts";
import { excerptOf } from "../../core/report/log/excerpt.ts";
import { commentedResults } from "../../core/report/post/comment.ts";
import { conflictDescriptionOf } from "../../core/report/post/status.ts";
import { firstErrorOf } from "../../core/report/scan/firstError.ts";
import { mergedSourcesOf } from "../../core/verdict/olderBase.ts";
import { mustWithhold } from "../../core/verdict/streak.ts";
import { timestamp } from "../../system/clock.ts";
import { isDiskFull } from "../../system/diskFull.ts";
import { type Brain, poolBuildersOf, StoppedError } from "../brain.ts";
import { MirrorFailure, RefusedCommit } from "../git/mirrors.ts";
import { runOnUsableBase } from "./base.ts";
import { type BuildLog, openBuildLog } from "./log/buildLog.ts";
import { areaOf, prepareOrder } from "./order.ts";
import { isProvenSound, refreshBase } from "./refresh.ts";
import { createStepReporter } from "./steps.ts";
import { supervise } from "./supervise.ts";
import { keepLastLog, logStoreTimeout, runsForeignCode, type Trace } from "./trace.ts";
import { applyTransition, claimBuild } from "./transition.ts";
import { readTrees } from "./trees.ts";
import type { Work } from "./work.ts";

/** Result of an attempt. The builder's health depends on it. */
export type AttemptEnd =
  /** Another builder claimed the Build first, or the build is no longer wanted. */
  | { readonly kind: "NotClaimed" }
  | { readonly kind: "Verdict"; readonly result: string }
  | { readonly kind: "Released"; readonly reason: InfrastructureReason; readonly message: string };

/**
 * Claims a build, runs it and writes the verdict, or releases the claim. `signal` stops the build. When this resolves,
 * the claim has a verdict, is released, or belongs to another builder. One exception: `kill` aborted while the store
 * did not answer.
 */
export async function attemptBuild(
  brain: Brain,
  work: Work,
  signal: AbortSignal,
  kill: AbortSignal,
): Promise<AttemptEnd> {
  const { world } = brain;
  const self = { builder: world.name, incarnation: world.incarnation };
  const claimed = await claimBuild(brain, work.build, signal);
  if (claimed === undefined) return { kind: "NotClaimed" };
  const holder: Holder = { ...self, attempt: claimed.status?.attempt ?? 0 };
  const facts = { builder: world.name, build: claimed.metadata.name, attempt: holder.attempt };
  world.log.info({ ...facts, commit: claimed.spec.commit }, "build claimed");
  const own = supervise(brain, claimed, holder, signal);
  const trace: Trace = { ran: false };
  try {
    return await runBuild(brain, { ...work, build: claimed }, holder, trace, own.signal, kill);
  } catch (error) {
    const { reason, message } = infrastructureFailureOf(own.signal.aborted ? own.signal.reason : error);
    const failure = { reason, message, now: world.clock.now(), silent: isSilent(brain, claimed), ...trace };
    const released = await applyTransition(brain, claimed.metadata.name, kill, {
      next: (build) => release(build, holder, { ...failure, builders: poolBuildersOf(brain) }),
    });
    const cause = released?.status?.verdict?.attempt === holder.attempt ? reason : undefined;
    world.log.info(
      { ...facts, reason, message },
      cause === undefined
        ? "build released without a verdict"
        : "build failed: the failure stayed the same on healthy builders, so it is the pull request's own",
    );
    brain.outbox.checkNow();
    return { kind: "Released", reason, message };
  } finally {
    own.end();
    brain.status.setStatus({ building: undefined, step: undefined });
  }
}

async function runBuild(
  brain: Brain,
  { build, check, pool }: Work,
  holder: Holder,
  trace: Trace,
  signal: AbortSignal,
  kill: AbortSignal,
): Promise<AttemptEnd> {
  const { world, status } = brain;
  const { name } = build.metadata;
  const { repository, number, commit, title, shadow, confirm } = build.spec;
  const again = shadow !== undefined || confirm !== undefined;
  const startedAt = timestamp(world.clock);
  status.setStatus({
    building: { build: name, check: check.name, repository, number, commit, title, since: startedAt },
    step: "fetch",
  });
  const order = await prepareOrder(
    brain,
    pool,
    { id: brain.nextId(), task: "build", check, again, pullRequest: { number, commit } },
    signal,
  ).catch(verdictOfRefusal);
  refuseStale(brain);
  const running = await applyTransition(brain, name, signal, {
    next: (current) => start(current, holder),
    isApplied: (current) => holds(current, holder) && current.status?.phase === "Running",
  });
  if (running === undefined) throw new StoppedError("Superseded", `"${world.name}" no longer holds the build`);
  await using log = await openBuildLog(brain, { build, check, pool }, holder.attempt);
  if ("kind" in order)
    return await publishVerdict(
      brain,
      { build, check, pool },
      { holder, outcome: order, log, startedAt, sources: [] },
      kill,
    );
  const { outcome, order: used } = await runOnUsableBase(brain, order, async (one) => {
    await refreshBase(brain, one, signal);
    refuseStale(brain); // A refresh may take as long as a build.
    return await runCell(brain, one, name, holder, log, trace, signal);
  });
  const sources = mergedSourcesOf(used);
  brain.recordVersions(outcome.versions);
  if (outcome.kind === "Infrastructure") {
    if (outcome.reason === "FetchFailed") for (const each of order.sources) world.mirrors.distrust?.(each.repository);
    if (outcome.reason === "BaseBroken" && !(await isProvenSound(brain, used))) trace.ran = false;
    const failure = { ...outcome, ...trace, now: world.clock.now(), builders: poolBuildersOf(brain) };
    const end = release(brain.builds.get(name) ?? running, holder, failure);
    const isLast = "status" in end && end.status.phase === "Done";
    if (isLast)
      Object.assign(
        trace,
        await keepLastLog(brain, log, { outcome, startedAt, sources, silent: isSilent(brain, running) }, kill),
      );
    throw new StoppedError(outcome.reason, outcome.message);
  }
  if (outcome.kind === "Done") throw new StoppedError("CellDied", "The cell ended a build without a verdict");
  return await publishVerdict(brain, { build, check, pool }, { holder, outcome, log, startedAt, sources }, kill);
}

/** The verdict on a commit with objects that git refuses: no attempt can build it. Rethrows any other error. */
function verdictOfRefusal(error: unknown): Result["outcome"] {
  if (!(error instanceof RefusedCommit)) throw error;
  return { kind: "Verdict", result: "Failure", description: error.message.slice(0, 140) };
}

/** Throws a StoppedError if the heartbeat is too old to start foreign code. */
function refuseStale({ heartbeat, world }: Brain): void {
  if (heartbeat.mayStart()) return;
  throw new StoppedError("HeartbeatLost", `"${world.name}" could not renew its heartbeat, so it starts no build`);
}

async function runCell(
  brain: Brain,
  order: Order,
  name: string,
  holder: Holder,
  log: BuildLog,
  trace: Trace,
  signal: AbortSignal,
): Promise<Outcome> {
  const steps = createStepReporter(brain, name, holder, signal);
  await brain.areas.enter(areaOf(order.check, order.pullRequest?.number ?? 0));
  try {
    return await brain.world.cells.run(
      order,
      (event) => {
        if (event.event === "step") {
          trace.ran ||= runsForeignCode(event.step, order);
          steps.report(event.step);
        } else log.append(event);
      },
      signal,
    );
  } finally {
    await brain.areas.leave();
    await steps.written();
  }
}

interface Result {
  readonly holder: Holder;
  readonly outcome: Extract<Outcome, { kind: "Verdict" }>;
  readonly log: BuildLog;
  readonly startedAt: string;
  /** The sources of the order that led to the outcome. Empty when git refused the commit before an order. */
  readonly sources: readonly MergedSource[];
}

async function publishVerdict(
  brain: Brain,
  { build }: Work,
  { holder, outcome, log, startedAt, sources }: Result,
  kill: AbortSignal,
): Promise<AttemptEnd> {
  const { world } = brain;
  const { generation } = await readTrees(brain);
  if (mustWithhold(outcome.result, { builder: world.name, generation }, brain.builds.list(), build)) {
    const message = `"${world.name}" gave three red verdicts in a row, so it gives no further one before a second opinion`;
    throw new StoppedError("SecondOpinion", message);
  }
  const finishedAt = timestamp(world.clock);
  brain.status.setStatus({ step: "logs" });
  const description = descriptionOf(outcome);
  const silent = isSilent(brain, build);
  const kept = await log.keep({ outcome, description, silent, sources, startedAt, finishedAt });
  const isStored = kept && (await kept.arrived(logStoreTimeout, kill));
  const finding = {
    result: outcome.result,
    description,
    generation,
    silent,
    sources: [...sources],
    revision: world.revision,
    ...(kept && { log: { path: kept.path, url: kept.url, stored: isStored === true } }),
    ...withExcerpt(outcome),
    startedAt,
    finishedAt,
  };
  const facts = { builder: world.name, build: build.metadata.name, attempt: holder.attempt, result: outcome.result };
  const done = await applyTransition(brain, build.metadata.name, kill, {
    next: (current) => finish(current, holder, finding),
    isApplied: ({ status }) => status?.verdict?.attempt === holder.attempt && status.verdict.builder === holder.builder,
  });
  brain.outbox.checkNow();
  if (done === undefined) {
    world.log.warn(facts, "late verdict dropped: the claim was taken back");
    return { kind: "Released", reason: "Superseded", message: "The claim was taken back before the verdict" };
  }
  world.log.info(facts, "verdict written");
  const { check: checkName, number } = build.spec;
  const verdict = { build: build.metadata.name, check: checkName, number, result: outcome.result, at: finishedAt };
  brain.status.setStatus({ lastVerdict: verdict });
  return { kind: "Verdict", result: outcome.result };
}

/** The description of the commit status: names of conflicts, else the cell's words, else the first error. */
function descriptionOf({ result, description, conflicts = [], findings }: Result["outcome"]): string {
  if (result === "Conflict" && conflicts.length > 0) return conflictDescriptionOf(conflicts);
  return description === "" ? firstErrorOf(findings) : description;
}

/** Whether the verdict must stay silent, by the settings at the end of the build. */
function isSilent(brain: Brain, build: Build): boolean {
  const { check, repository } = build.spec;
  const isCheckSilent = brain.checks().some((one) => one.name === check && one.repository === repository && one.silent);
  return isShadow(build) || isCheckSilent || brain.pool()?.spec.silent === true || brain.isSilent();
}

function withExcerpt({ result, findings, missing }: Result["outcome"]): { readonly excerpt?: string } {
  if (!commentedResults.has(result)) return {};
  const text = excerptOf([...(missing === undefined ? [] : [missing]), ...(findings?.preview ?? [])]);
  return text === "" ? {} : { excerpt: text };
}

/**
 * Converts an error into an infrastructure failure. A refused system call leads to a self-test. Rethrows any other
 * error as a bug.
 */
function infrastructureFailureOf(error: unknown): { readonly reason: InfrastructureReason; readonly message: string } {
  if (error instanceof StoppedError || error instanceof MirrorFailure) return error;
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) throw error;
  const isFull = isDiskFull(error);
  return {
    reason: isFull ? "DiskFull" : "SelfTestFailed",
    message: `The builder cannot work on this host: ${error.message}`,
  };
}
