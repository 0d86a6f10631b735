import type { Condition } from "../../../api/objects/metadata.ts";
import type { BuilderPoolStatus } from "../../../api/objects/pool.ts";
import type { PoolReason } from "../../../api/objects/reasons.ts";
import { notTested } from "../../definitions/checks.ts";
import type { PoolEvent } from "../action.ts";
import { isCold, isEnding, isServing, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { poolBudgetOf } from "../rollout/budget.ts";
import { budgetWaitOf } from "../rollout/budgetWait.ts";
import { isOnTrial } from "../rollout/canary.ts";
import type { Removals } from "../rollout/removal.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { checkBasesUsable } from "./bases.ts";
import { canaryStallOf, disagreementsOf } from "./canary.ts";
import type { ConditionRule, Facts } from "./facts.ts";
import { checkAvailable, checkProgressing } from "./progress.ts";
import { startFailureOf, stuckNames } from "./stuck.ts";
import { type Finding, type OwnFindings, summaryOf, summaryTypes } from "./summary.ts";
import { warmupStepOf } from "./warmupStep.ts";

/** The rule of each condition of a pool, except the summaries. */
const conditionRules: Readonly<Record<keyof OwnFindings, ConditionRule>> = {
  Available: checkAvailable,
  Progressing: checkProgressing,
  Stalled: checkStalled,
  Covered: checkCovered,
  Conflict: checkConflict,
  GitHubReachable: checkGitHubReachable,
  DefinitionsValid: checkDefinitionsValid,
  BasesUsable: ({ observed }) => checkBasesUsable(observed),
};

/** The conditions of a pool. `now`, the wall clock in milliseconds, dates the conditions with a changed status. */
export function conditionsOf(
  observed: ObservedPool,
  rollout: Rollout,
  removals: Removals,
  now: number,
): readonly Condition[] {
  const budget = poolBudgetOf(observed);
  const loud = observed.members.filter((member) => !isOnTrial(member, rollout.canary));
  const ready = loud.filter((member) => member.phase === "Ready" && !isEnding(member)).length;
  const serving = loud.filter(isServing).length;
  const wait = budgetWaitOf(observed, rollout, removals);
  const facts: Facts = { observed, rollout, removals, budget, ready, serving, wait };
  const before = new Map(observed.pool.status?.conditions?.map((condition) => [condition.type, condition]));
  const { generation } = observed.pool.metadata;
  const own = Object.fromEntries(Object.entries(conditionRules).map(([type, check]) => [type, check(facts)]));
  const findings = own as OwnFindings;
  return Object.entries({ ...findings, ...summaryOf(findings) }).map(([type, finding]) => {
    const last = before.get(type);
    const lastTransitionTime = last?.status === finding.status ? last.lastTransitionTime : new Date(now).toISOString();
    const { status, reason, message } = finding;
    return {
      type,
      status,
      reason,
      message: message.slice(0, 2048),
      lastTransitionTime,
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
}

/** Reasons that only grade a condition with an unchanged status. Each rolling builder would cause Events for both. */
const gradingReasons: readonly string[] = ["AsDesired", "AllReady"] satisfies readonly PoolReason[];

/**
 * Conditions with a changed status, or with a changed reason that does more than grade. A new condition is no change.
 */
export function changedConditionsOf(
  before: BuilderPoolStatus["conditions"],
  after: readonly Condition[] = [],
): readonly Condition[] {
  return after.filter(({ type, status, reason }) => {
    const last = before?.find((condition) => condition.type === type);
    if (last === undefined) return false;
    return last.status !== status || (last.reason !== reason && !gradingReasons.includes(reason));
  });
}

/** The Events of changed conditions. Conditions with one message share an Event. */
export function eventsOf(
  pool: string,
  before: BuilderPoolStatus["conditions"],
  after: readonly Condition[],
): readonly PoolEvent[] {
  const own = after.filter(({ type }) => !summaryTypes.some((summary) => summary === type));
  const changed = new Map(changedConditionsOf(before, own).map((one) => [`${one.reason} ${one.message}`, one]));
  return [...changed.values()].map(({ reason, message }) => ({
    reason: reason as PoolReason,
    message,
    object: `BuilderPool/${pool}`,
  }));
}

function checkStalled({ observed, rollout }: Facts): Finding {
  const { pool, environment } = observed;
  // A refused pool gets no builder until a person changes it. Deployment tools then report a failure.
  if (environment?.refusal !== undefined) return { status: "True", ...environment.refusal };
  const { warmup, update } = pool.spec;
  if (rollout.state === "RolledBack") {
    const { canary } = rollout;
    const hasDisagreed = canary?.record.phase === "Disagreed" && canary.record.revision === rollout.previous;
    const message =
      `${hasDisagreed ? disagreementsOf(canary) : `Revision ${rollout.previous} did not become ready`}, so the pool returned to ${rollout.target}; ` +
      "change the spec to try another revision, or set spec.update.onStall to Pause to retry this one";
    return { status: "True", reason: "RolledBack", message };
  }
  if (rollout.stuck.length === 0) {
    const stall = canaryStallOf(observed, rollout);
    return stall ?? { status: "False", reason: "AsDesired", message: "No warm-up is stuck" };
  }
  const problem = describeStuck(rollout.stuck, warmup.timeout);
  if (rollout.previous === undefined) {
    const message = `${problem}; its status and log show the reason, \`builderpool restart\` restarts it`;
    return { status: "True", reason: "WarmupStuck", message };
  }
  const paused = update.paused ? "spec.update.paused is set" : "the other builders keep working";
  const message = `${problem} at revision ${rollout.target}, ${paused}; correct the spec, or revert it to return to ${rollout.previous}`;
  return { status: "True", reason: "UpdateStalled", message };
}

function checkCovered({ serving, observed: { uncovered = [] } }: Facts): Finding {
  if (serving > 0 && uncovered.length > 0) {
    const listed = uncovered.slice(0, 5).map(({ title, reason }) => `${title} (${reason})`);
    const more = uncovered.length > listed.length ? `, and ${uncovered.length - listed.length} more` : "";
    const builds = uncovered.length === 1 ? "1 build has" : `${uncovered.length} builds have`;
    return { status: "False", reason: "Uncovered", message: `${builds} no builder: ${listed.join(", ")}${more}` };
  }
  if (serving > 0) return { status: "True", reason: "AsDesired", message: "Every pull request has a ready builder" };
  return { status: "False", reason: "NotEnoughReady", message: "No builder is ready, so pull requests wait" };
}

function checkConflict({ observed }: Facts): Finding {
  const { refusal } = observed.environment ?? {};
  if (refusal?.reason === "NameTaken") return { status: "True", ...refusal };
  const { conflicts } = observed.definitions;
  const { takenHosts = [] } = observed;
  if (conflicts.length + takenHosts.length === 0) {
    if (observed.otherWriter !== undefined) return otherWriterFinding(observed.otherWriter);
    return { status: "False", reason: "AsDesired", message: "No other pool owns a check or a host of this pool" };
  }
  const checks = conflicts.map(({ check, owner }) => `"${check}" belongs to the pool "${owner}"`).join(", ");
  const hosts = takenHosts.map(({ name, owner }) => `the host "${name}" belongs to the pool "${owner}"`).join(", ");
  const sentences = [
    ...(checks === "" ? [] : [`${checks}; this pool does not build it until one of the two pools removes it`]),
    ...(hosts === "" ? [] : [`${hosts}; this pool works without it until one of the two pools removes the name`]),
  ];
  return {
    status: "True",
    reason: conflicts.length > 0 ? "CheckConflict" : "HostTaken",
    message: sentences.join("; "),
  };
}

function otherWriterFinding({ build, status, count }: NonNullable<ObservedPool["otherWriter"]>): Finding {
  const more = count === 1 ? "" : `, and ${count - 1} more pull requests`;
  const link = status.url === "" ? "" : ` (${status.url})`;
  const text = status.description === "" ? status.state : `${status.state}: ${status.description}`;
  return {
    status: "True",
    reason: "OtherWriter",
    message:
      `"${status.writer}" wrote the status "${text}"${link} of "${build.check}" on ${build.repository}#${build.number} ` +
      `at ${status.at}${more}; this installation did not; stop the other writer, or remove the check from one of the two`,
  };
}

function checkGitHubReachable({ observed: { listings, refused } }: Facts): Finding {
  const stale = listings.find((listing) => listing.stale);
  if (stale !== undefined) {
    const reason = stale.message ?? "the last attempt failed";
    const message = `${stale.repository} could not be listed, the last listing is kept: ${reason}`;
    return { status: "False", reason: "ListingStale", message };
  }
  if (refused !== undefined) {
    return { status: "False", reason: "ReportsRefused", message: `Reports wait until GitHub accepts them: ${refused}` };
  }
  if (listings.length === 0 || listings.some(({ listedAt }) => listedAt === undefined)) {
    return { status: "Unknown", reason: "Unknown", message: "Pull requests have not been listed yet" };
  }
  return { status: "True", reason: "ListingFresh", message: "The pull requests are listed" };
}

function checkDefinitionsValid({ observed: { definitions, environment } }: Facts): Finding {
  const { refusal } = environment ?? {};
  if (refusal !== undefined && refusal.reason !== "NameTaken") return { status: "False", ...refusal };
  const { broken } = definitions;
  if (broken.length === 0) return { status: "True", reason: "AsDesired", message: "Every check is valid" };
  const list = broken.map(({ name, message }) => `"${name}": ${message}`).join("; ");
  return { status: "False", reason: "DefinitionInvalid", message: `${notTested}: ${list}` };
}

function describeStuck(stuck: readonly Member[], timeout: string): string {
  const [cold, quarantined] = [stuck.filter(isCold), stuck.filter((member) => !isCold(member))];
  return [
    ...(cold.length === 0
      ? []
      : [
          `${stuckNames(cold)} made no progress in its warm-up for ${timeout}${warmupStepOf(cold)}${startFailureOf(cold)}`,
        ]),
    ...(quarantined.length === 0
      ? []
      : [
          `${stuckNames(quarantined)} is quarantined (${quarantined[0]?.status?.message ?? "its status shows the reason"})`,
        ]),
  ].join("; ");
}
