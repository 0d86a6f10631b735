import { unsupportedVersionOf } from "../builder/agentVersion.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import { isHost } from "../builder/host.ts";
import { isDrainedByPerson, isPresent, type Member } from "../builder/member.ts";
import { hostNamesOf } from "../hostNames.ts";
import { isOutdated } from "../rollout/rollout.ts";
import { canaryProgressOf, canaryStallOf } from "./canary.ts";
import type { Facts } from "./facts.ts";
import { absenceOf, startFailureOf, stuckNames } from "./stuck.ts";
import type { Finding } from "./summary.ts";

/** The condition Available: enough builders are ready for the budget. */
export function checkAvailable({ observed, budget: { wanted, minReady }, ready }: Facts): Finding {
  const { pool, members, environment } = observed;
  const atLeast = Math.max(1, minReady);
  if (pool.spec.instances + hostNamesOf(observed).length === 0) {
    return { status: "True", reason: "NoInstances", message: "spec.instances is 0, so the pool builds nothing" };
  }
  if (wanted === 0) {
    const drained = drainedNames(members);
    const message = `A person drained every builder (${drained.join(", ")}), so the pool builds nothing; ${undoOf(drained)}`;
    return { status: "True", reason: "AllDrained", message };
  }
  const message = `${ready} of ${wanted} builders are ready${drainedClauseOf(members)}`;
  if (ready >= wanted) return { status: "True", reason: "AllReady", message };
  if (ready >= atLeast) return { status: "True", reason: "AsDesired", message };
  const help = `at least ${atLeast} must be; \`get builders\` shows the phases of the others`;
  return {
    status: "False",
    reason: "NotEnoughReady",
    message: `${message}, ${help}${startFailureOf(members, environment?.podRefusal)}${absenceOf(observed)}`,
  };
}

/**
 * The condition Progressing: a failed action, or the progress of the pool with the reason why a builder waits for the
 * budget.
 */
export function checkProgressing(facts: Facts): Finding {
  const { failures = [] } = facts.observed;
  if (failures.length > 0) return failureFinding(failures);
  const finding = progressOf(facts);
  const wait = facts.observed.pool.metadata.deletionTimestamp === undefined ? facts.wait : undefined;
  if (wait === undefined) return finding;
  const isHalted = finding.reason === "UpdatePaused" || facts.rollout.state === "Stalled";
  const message =
    finding.reason === "AsDesired" || finding.reason === "UpdateFinished" ? wait : `${finding.message}; ${wait}`;
  return isHalted ? { ...finding, message } : { status: "True", reason: "BudgetUsed", message };
}

function failureFinding([first, ...others]: readonly string[]): Finding {
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return { status: "True", reason: "ApplyFailed", message: `Writes fail and are retried: ${first}${more}` };
}

function progressOf({ observed, rollout, removals, budget: { wanted }, ready, wait }: Facts): Finding {
  const { pool, members, environment } = observed;
  const { instances } = pool.spec;
  if (pool.metadata.deletionTimestamp !== undefined) {
    return { status: "True", reason: "PoolDeleted", message: "The builders drain, then the pool is deleted" };
  }
  const present = members.filter(isPresent);
  const updated = present.filter((member) => !isOutdated(member, rollout)).length;
  const hosts = hostNamesOf(observed);
  const revision = instances === 0 && hosts.length > 0 ? rollout.hostTarget : rollout.target;
  const progress = `${updated} of ${instances + hosts.length} builders have revision ${revision}`;
  if (rollout.state === "Paused") {
    const message = `The update is paused, ${progress}; it continues when spec.update.paused is false`;
    return { status: "False", reason: "UpdatePaused", message };
  }
  const stall = canaryStallOf(observed, rollout);
  if (rollout.stuck.length === 0 && stall !== undefined) {
    const message = `${progress}; the condition Stalled shows why the rollout stops`;
    return { status: "False", reason: stall.reason, message };
  }
  if (rollout.state === "Stalled") {
    const reason = rollout.previous === undefined ? "WarmupStuck" : "UpdateStalled";
    return {
      status: "False",
      reason,
      message: `${stuckNames(rollout.stuck)} does not become ready; the condition Stalled shows the reason`,
    };
  }
  const trial = canaryProgressOf(observed, rollout, progress);
  if (trial !== undefined) return trial;
  const startFailure = startFailureOf(members, environment?.podRefusal, wait !== undefined);
  const isRolling = rollout.state === "Rolling" || updated < present.length;
  if (isRolling) return { status: "True", reason: "UpdateStarted", message: `${progress}${startFailure}` };
  const pods = present.filter((member) => !isHost(member)).length;
  const isHostLeaving = removals.all.some(({ member, returns }) => isHost(member) && !returns);
  if (pods > removals.places || isHostLeaving) {
    const message = `Scales from ${builderCountOf(present.length)} to ${instances + hosts.length}`;
    return { status: "True", reason: "ScaledDown", message };
  }
  if (ready + absentHosts(observed, hosts) < wanted) {
    const message = `${ready} of ${wanted} builders are ready${startFailure}${absenceOf(observed)}`;
    return { status: "True", reason: "NotEnoughReady", message };
  }
  const reason = pool.status?.previousRevision !== undefined ? "UpdateFinished" : "AsDesired";
  return { status: "False", reason, message: `The builders are as declared${absenceOf(observed)}` };
}

/** The hosts that nothing but the host itself or a person brings back. The pool does not wait for them. */
function absentHosts({ members, version }: Facts["observed"], hosts: readonly string[]): number {
  const isHere = (member: Member) => isPresent(member) && unsupportedVersionOf(member, version) === undefined;
  const here = members.filter((member) => isHost(member) && (isHere(member) || isDrainedByPerson(member)));
  const names = new Set(here.map(({ name }) => name));
  return hosts.filter((name) => !names.has(name)).length;
}

function drainedClauseOf(members: readonly Member[]): string {
  const drained = drainedNames(members);
  return drained.length === 0 ? "" : ` (a person drained ${drained.join(", ")}; ${undoOf(drained)})`;
}

function drainedNames(members: readonly Member[]): readonly string[] {
  return members.filter(isDrainedByPerson).map(({ name }) => name);
}

function undoOf([first]: readonly string[]): string {
  return `to undo: builderpool drain ${first} --undo`;
}
