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
type Judge = (facts: Facts) => Finding;

/** What each condition of a pool asks. */
const judges: Readonly<Record<PoolConditionType, Judge>> = {
  Available: isAvailable,
  Progressing: isProgressing,
  Stalled: isStalled,
  Covered: isCovered,
  Conflict: isInConflict,
  GitHubReachable: isGitHubReachable,
  DefinitionsValid: areDefinitionsValid,
};

/** The conditions as they are now. `now` is the wall clock in milliseconds; it marks only those whose status changed. */
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
  return Object.entries(judges).map(([type, judge]) => {
    const finding = judge(facts);
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

/** Of a condition that holds as before these say how well it holds: every builder that rolls would tell both. */
const calm: readonly string[] = ["AsDesired", "AllReady"] satisfies readonly PoolReason[];

/** Conditions that now say something else, beyond how well one holds that held before; the first sight of one is no change. */
export function changedConditionsOf(
  before: BuilderPoolStatus["conditions"],
  after: readonly Condition[] = [],
): readonly Condition[] {
  return after.filter(({ type, status, reason }) => {
    const last = before?.find((condition) => condition.type === type);
    if (last === undefined) return false;
    return last.status !== status || (last.reason !== reason && !calm.includes(reason));
  });
}

/** Changes of condition that people want to read about. */
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

function isAvailable({ observed: { pool, members }, ready }: Facts): Finding {
  const { instances } = pool.spec;
  const atLeast = Math.max(1, budgetOf(pool.spec).minReady);
  if (instances === 0) {
    return { status: "True", reason: "NoInstances", message: "spec.instances is 0, so the pool builds nothing" };
  }
  const message = `${ready} of ${instances} builders are ready`;
  if (ready >= instances) return { status: "True", reason: "AllReady", message };
  if (ready >= atLeast) return { status: "True", reason: "AsDesired", message };
  const help = `at least ${atLeast} should be; \`get builders\` shows what the others do`;
  return { status: "False", reason: "NotEnoughReady", message: `${message}, ${help}${startFailureOf(members)}` };
}

function isProgressing({ observed, rollout, removals, ready }: Facts): Finding {
  const { pool, members } = observed;
  const { instances } = pool.spec;
  if (pool.metadata.deletionTimestamp !== undefined) {
    return { status: "True", reason: "PoolDeleted", message: "The builders drain, then the pool goes" };
  }
  const pods = members.filter(({ pod }) => pod !== undefined);
  const updated = pods.filter(({ pod }) => pod?.revision === rollout.target).length;
  const far = `${updated} of ${instances} builders have revision ${rollout.target}`;
  if (rollout.state === "Paused") {
    const message = `The update is paused, ${far}; it goes on when spec.update.paused is false`;
    return { status: "False", reason: "UpdatePaused", message };
  }
  if (rollout.state === "Stalled") {
    const reason = rollout.previous === undefined ? "WarmupStuck" : "UpdateStalled";
    return { status: "False", reason, message: `${stuckNames(rollout.stuck)} does not get warm` };
  }
  const isRolling = rollout.state === "Rolling" || updated < pods.length;
  if (isRolling) return { status: "True", reason: "UpdateStarted", message: `${far}${startFailureOf(members)}` };
  if (pods.length > removals.places) {
    return {
      status: "True",
      reason: "ScaledDown",
      message: `Goes from ${builderCountOf(pods.length)} to ${instances}`,
    };
  }
  if (ready < instances) {
    const message = `${ready} of ${instances} builders are ready${startFailureOf(members)}`;
    return { status: "True", reason: "NotEnoughReady", message };
  }
  const reason = pool.status?.previousRevision !== undefined ? "UpdateFinished" : "AsDesired";
  return { status: "False", reason, message: "The builders are as declared" };
}

function isStalled({ observed: { pool }, rollout }: Facts): Finding {
  const { warmup, update } = pool.spec;
  if (rollout.state === "RolledBack") {
    const message =
      `Revision ${rollout.previous} did not get warm, so the pool returned to ${rollout.target}; ` +
      "change the spec to try another, or set spec.update.onStall to Pause to try this one again";
    return { status: "True", reason: "RolledBack", message };
  }
  if (rollout.stuck.length === 0) {
    return { status: "False", reason: "AsDesired", message: "No warm-up is stuck" };
  }
  const what = whatIsStuck(rollout.stuck, warmup.timeout);
  if (rollout.previous === undefined) {
    const message = `${what}; its status and log say what it waits for, \`restart\` starts it afresh`;
    return { status: "True", reason: "WarmupStuck", message };
  }
  const paused = update.paused ? "spec.update.paused is set" : "the others keep serving";
  const message = `${what} at revision ${rollout.target}, ${paused}; correct the spec, or set it back to return to ${rollout.previous}`;
  return { status: "True", reason: "UpdateStalled", message };
}

function isCovered({ serving }: Facts): Finding {
  if (serving > 0) return { status: "True", reason: "AsDesired", message: "Every pull request has a ready builder" };
  return { status: "False", reason: "NotEnoughReady", message: "No builder is ready, so pull requests wait" };
}

function isInConflict({ observed }: Facts): Finding {
  const { refusal } = observed.environment ?? {};
  if (refusal?.reason === "NameTaken") return { status: "True", ...refusal };
  const { conflicts } = observed.definitions;
  if (conflicts.length === 0) {
    return { status: "False", reason: "AsDesired", message: "No other pool has a check of this one" };
  }
  const list = conflicts.map(({ check, owner }) => `"${check}" belongs to the pool "${owner}"`).join(", ");
  return {
    status: "True",
    reason: "CheckConflict",
    message: `${list}; it waits here until one of them gives it up`,
  };
}

function isGitHubReachable({ observed: { listings, refused } }: Facts): Finding {
  const stale = listings.find((listing) => listing.stale);
  if (stale !== undefined) {
    const why = stale.message ?? "the last attempt failed";
    const message = `${stale.repository} could not be listed, what is known is kept: ${why}`;
    return { status: "False", reason: "ListingStale", message };
  }
  if (refused !== undefined) {
    return { status: "False", reason: "ReportsRefused", message: `Reports wait until GitHub takes them: ${refused}` };
  }
  if (listings.length === 0 || listings.some(({ listedAt }) => listedAt === undefined)) {
    return { status: "Unknown", reason: "Unknown", message: "Pull requests have not been listed yet" };
  }
  return { status: "True", reason: "ListingFresh", message: "The pull requests are listed" };
}

function areDefinitionsValid({ observed: { definitions, environment } }: Facts): Finding {
  const { refusal } = environment ?? {};
  if (refusal?.reason === "DefinitionInvalid") return { status: "False", ...refusal };
  const { broken } = definitions;
  if (broken.length === 0) return { status: "True", reason: "AsDesired", message: "Every check is well defined" };
  const list = broken.map(({ name, message }) => `"${name}": ${message}`).join("; ");
  return { status: "False", reason: "DefinitionInvalid", message: `Not tested until corrected: ${list}` };
}

function whatIsStuck(stuck: readonly Member[], timeout: string): string {
  const [cold, quarantined] = [stuck.filter(isCold), stuck.filter((member) => !isCold(member))];
  return [
    ...(cold.length === 0
      ? []
      : [
          `${stuckNames(cold)} made no progress in its warm-up for ${timeout}${warmupStepOf(cold)}${startFailureOf(cold)}`,
        ]),
    ...(quarantined.length === 0
      ? []
      : [`${stuckNames(quarantined)} is quarantined (${quarantined[0]?.status?.message ?? "its status says why"})`]),
  ].join("; ");
}

function stuckNames(stuck: readonly Member[]): string {
  return stuck.map(({ name }) => `"${name}"`).join(", ");
}
