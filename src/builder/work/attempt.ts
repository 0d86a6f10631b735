import type { Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import { finish, release, start } from "../../core/build/claim.ts";
import { type Holder, holds } from "../../core/build/state.ts";
import { excerptOf } from "../../core/report/log/excerpt.ts";
import { timestamp } from "../../system/clock.ts";
import { isDiskFull } from "../../system/diskFull.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { MirrorFailure } from "../git/mirrors.ts";
import { type BuildLog, openBuildLog } from "./buildLog.ts";
import { prepareOrder } from "./order.ts";
import { createStepReporter } from "./steps.ts";
import { supervise } from "./supervise.ts";
import { keepLastLog, logStoreTimeout, poolBuildersOf, runsForeignCode, type Trace } from "./trace.ts";
import { applyTransition, claimBuild } from "./transition.ts";
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
    const failure = { reason, message, now: world.clock.now(), silent: isSilent(brain, claimed.spec.check), ...trace };
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
  const { repository, number, commit, title } = build.spec;
  const startedAt = timestamp(world.clock);
  status.setStatus({
    building: { build: name, check: check.name, repository, number, commit, title, since: startedAt },
    step: "fetch",
  });
  const order = await prepareOrder(
    brain,
    pool,
    { id: brain.nextId(), task: "build", check, pullRequest: { number, commit } },
    signal,
  );
  if (!brain.heartbeat.mayStart()) {
    throw new StoppedError("HeartbeatLost", `"${world.name}" could not renew its heartbeat, so it starts no build`);
  }
  const running = await applyTransition(brain, name, signal, {
    next: (current) => start(current, holder),
    isApplied: (current) => holds(current, holder) && current.status?.phase === "Running",
  });
  if (running === undefined) throw new StoppedError("Superseded", `"${world.name}" no longer holds the build`);
  await using log = await openBuildLog(brain, { build, check, pool }, holder.attempt);
  const outcome = await runCell(brain, order, name, holder, log, trace, signal);
  brain.recordVersions(outcome.versions);
  if (outcome.kind === "Infrastructure") {
    const failure = { ...outcome, ...trace, now: world.clock.now(), builders: poolBuildersOf(brain) };
    const end = release(brain.builds.get(name) ?? running, holder, failure);
    const isLast = "status" in end && end.status.phase === "Done";
    if (isLast) Object.assign(trace, await keepLastLog(brain, log, outcome, startedAt, kill));
    throw new StoppedError(outcome.reason, outcome.message);
  }
  if (outcome.kind === "Done") throw new StoppedError("CellDied", "The cell ended a build without a verdict");
  return await publishVerdict(brain, { build, check, pool }, { holder, outcome, log, startedAt }, kill);
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
    await steps.written();
  }
}

interface Result {
  readonly holder: Holder;
  readonly outcome: Extract<Outcome, { kind: "Verdict" }>;
  readonly log: BuildLog;
  readonly startedAt: string;
}

async function publishVerdict(
  brain: Brain,
  { build }: Work,
  { holder, outcome, log, startedAt }: Result,
  kill: AbortSignal,
): Promise<AttemptEnd> {
  const { world } = brain;
  const finishedAt = timestamp(world.clock);
  brain.status.setStatus({ step: "logs" });
  const kept = await log.keep({ outcome, startedAt, finishedAt });
  const isStored = kept && (await kept.arrived(logStoreTimeout, kill));
  const finding = {
    result: outcome.result,
    description: outcome.description,
    silent: isSilent(brain, build.spec.check),
    ...(kept && { log: { path: kept.path, url: kept.url, stored: isStored === true } }),
    ...(outcome.result === "Failure" || outcome.result === "TooBig" ? withExcerpt(outcome) : {}),
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

/** Whether the verdict must stay silent, by the settings at the end of the build. */
function isSilent(brain: Brain, check: string): boolean {
  const isCheckSilent = brain.checks().some(({ name, silent }) => name === check && silent);
  return isCheckSilent || brain.pool()?.spec.silent === true || brain.settings().silent;
}

function withExcerpt({ findings }: Result["outcome"]): { readonly excerpt?: string } {
  const text = excerptOf(findings?.preview ?? []);
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
