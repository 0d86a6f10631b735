import type { Condition } from "../../../api/objects/metadata.ts";
import type { BuilderPoolStatus } from "../../../api/objects/pool.ts";
import type { PoolConditionType, PoolReason } from "../../../api/objects/reasons.ts";
import type { Explanation, PoolEvent } from "../action.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import { isCold, isEnding, isServing, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { budgetOf } from "../rollout/budget.ts";
import type { Removals } from "../rollout/removal.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { startFailureOf } from "./stuck.ts";
import { warmupStepOf } from "./warmupStep.ts";

type Finding = Explanation & { readonly status: Condition["status"] };
interface Facts {
  readonly observed: ObservedPool;
  readonly rollout: Rollout;
  readonly removals: Removals;
  readonly ready: number;
  readonly serving: number;
}
type ConditionRule = (facts: Facts) => Finding;

/** The rule of each condition of a pool. */
const conditionRules: Readonly<Record<PoolConditionType, ConditionRule>> = {
  Available: checkAvailable,
  Progressing: checkProgressing,
  Stalled: checkStalled,
  Covered: checkCovered,
  Conflict: checkConflict,
  GitHubReachable: checkGitHubReachable,
  DefinitionsValid: checkDefinitionsValid,
};

/** The conditions of a pool. `now`, the wall clock in milliseconds, dates the conditions with a changed status. */
export function conditionsOf(
  observed: ObservedPool,
  rollout: Rollout,
  removals: Removals,
  now: number,
): readonly Condition[] {
  const pods = observed.members.filter(({ ordinal }) => ordinal !== undefined);
  const ready = pods.filter((member) => member.phase === "Ready" && !isEnding(member)).length;
  const facts = { observed, rollout, removals, ready, serving: observed.members.filter(isServing).length };
  const before = new Map(observed.pool.status?.conditions?.map((condition) => [condition.type, condition]));
  const { generation } = observed.pool.metadata;
  return Object.entries(conditionRules).map(([type, check]) => {
    const finding = check(facts);
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

/** The Events of changed conditions. */
export function eventsOf(
  pool: string,
  before: BuilderPoolStatus["conditions"],
  after: readonly Condition[],
): readonly PoolEvent[] {
  return changedConditionsOf(before, after).map(({ reason, message }) => ({
    reason: reason as PoolReason,
    message,
    object: `BuilderPool/${pool}`,
  }));
}

function checkAvailable({ observed: { pool, members }, ready }: Facts): Finding {
  const { instances } = pool.spec;
  const atLeast = Math.max(1, budgetOf(pool.spec).minReady);
  if (instances === 0) {
    return { status: "True", reason: "NoInstances", message: "spec.instances is 0, so the pool builds nothing" };
  }
  const message = `${ready} of ${instances} builders are ready`;
  if (ready >= instances) return { status: "True", reason: "AllReady", message };
  if (ready >= atLeast) return { status: "True", reason: "AsDesired", message };
  const help = `at least ${atLeast} must be; \`get builders\` shows the phases of the others`;
  return { status: "False", reason: "NotEnoughReady", message: `${message}, ${help}${startFailureOf(members)}` };
}

function checkProgressing({ observed, rollout, removals, ready }: Facts): Finding {
  const { pool, members } = observed;
  const { instances } = pool.spec;
  if (pool.metadata.deletionTimestamp !== undefined) {
    return { status: "True", reason: "PoolDeleted", message: "The builders drain, then the pool is deleted" };
  }
  const pods = members.filter(({ pod }) => pod !== undefined);
  const updated = pods.filter(({ pod }) => pod?.revision === rollout.target).length;
  const progress = `${updated} of ${instances} builders have revision ${rollout.target}`;
  if (rollout.state === "Paused") {
    const message = `The update is paused, ${progress}; it continues when spec.update.paused is false`;
    return { status: "False", reason: "UpdatePaused", message };
  }
  if (rollout.state === "Stalled") {
    const reason = rollout.previous === undefined ? "WarmupStuck" : "UpdateStalled";
    return {
      status: "False",
      reason,
      message: `${stuckNames(rollout.stuck)} does not become ready; the condition Stalled shows the reason`,
    };
  }
  const isRolling = rollout.state === "Rolling" || updated < pods.length;
  if (isRolling) return { status: "True", reason: "UpdateStarted", message: `${progress}${startFailureOf(members)}` };
  if (pods.length > removals.places) {
    return {
      status: "True",
      reason: "ScaledDown",
      message: `Scales from ${builderCountOf(pods.length)} to ${instances}`,
    };
  }
  if (ready < instances) {
    const message = `${ready} of ${instances} builders are ready${startFailureOf(members)}`;
    return { status: "True", reason: "NotEnoughReady", message };
  }
  const reason = pool.status?.previousRevision !== undefined ? "UpdateFinished" : "AsDesired";
  return { status: "False", reason, message: "The builders are as declared" };
}

function checkStalled({ observed: { pool }, rollout }: Facts): Finding {
  const { warmup, update } = pool.spec;
  if (rollout.state === "RolledBack") {
    const message =
      `Revision ${rollout.previous} did not become ready, so the pool returned to ${rollout.target}; ` +
      "change the spec to try another revision, or set spec.update.onStall to Pause to retry this one";
    return { status: "True", reason: "RolledBack", message };
  }
  if (rollout.stuck.length === 0) {
    return { status: "False", reason: "AsDesired", message: "No warm-up is stuck" };
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

function checkCovered({ serving }: Facts): Finding {
  if (serving > 0) return { status: "True", reason: "AsDesired", message: "Every pull request has a ready builder" };
  return { status: "False", reason: "NotEnoughReady", message: "No builder is ready, so pull requests wait" };
}

function checkConflict({ observed }: Facts): Finding {
  const { refusal } = observed.environment ?? {};
  if (refusal?.reason === "NameTaken") return { status: "True", ...refusal };
  const { conflicts } = observed.definitions;
  if (conflicts.length === 0) {
    return { status: "False", reason: "AsDesired", message: "No other pool owns a check of this pool" };
  }
  const list = conflicts.map(({ check, owner }) => `"${check}" belongs to the pool "${owner}"`).join(", ");
  return {
    status: "True",
    reason: "CheckConflict",
    message: `${list}; this pool does not build it until one of the two pools removes it`,
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
  if (refusal?.reason === "DefinitionInvalid") return { status: "False", ...refusal };
  const { broken } = definitions;
  if (broken.length === 0) return { status: "True", reason: "AsDesired", message: "Every check is valid" };
  const list = broken.map(({ name, message }) => `"${name}": ${message}`).join("; ");
  return { status: "False", reason: "DefinitionInvalid", message: `Not tested until they are corrected: ${list}` };
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

function stuckNames(stuck: readonly Member[]): string {
  return stuck.map(({ name }) => `"${name}"`).join(", ");
}
