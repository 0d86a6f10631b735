import { isHost } from "../builder/host.ts";
import { isCold, isDrainedByPerson, isServing, type Member } from "../builder/member.ts";
import { warmupRetryOf } from "../builder/warmupRetry.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";
import { poolBudgetOf } from "./budget.ts";
import { isOnTrial } from "./canary.ts";
import type { Removal, Removals } from "./removal.ts";
import type { Rollout } from "./rollout.ts";

const waitsFor: Readonly<Record<Removal["reason"]["drainReason"], string>> = {
  ScaleDown: "its removal",
  Restart: "its restart",
  Quarantine: "its restart after the quarantine",
  Update: "its update",
};

/**
 * The builder that waits because too many others are out of service, and the reason of each of these, as a clause.
 * Undefined if nothing waits, and while an update only waits for the builder that it has just replaced.
 */
export function budgetWaitOf(
  observed: Pick<ObservedPool, "pool" | "members" | "takenHosts" | "environment">,
  { canary }: Pick<Rollout, "canary">,
  { places, all }: Removals,
): string | undefined {
  const isOut = (member: Member) => !isServing(member) || isOnTrial(member, canary);
  const reasonOf = (member: Member) => (isOnTrial(member, canary) ? trialOf(member) : disturbanceOf(member));
  const waiting = all.filter(({ step, member }) => step === "Wait" && isServing(member));
  const [first, ...others] = waiting;
  if (first === undefined) return undefined;
  const hosts = new Set(hostNamesOf(observed));
  const outside = observed.members.filter(
    (member) =>
      (member.ordinal === undefined ? hosts.has(member.name) : member.ordinal < places) &&
      isOut(member) &&
      !isDrainedByPerson(member),
  );
  const isOrdinary = outside.every((member) => reasonOf(member) === undefined);
  if (isOrdinary && first.reason.drainReason !== "Restart") return undefined;
  const { minReady, wanted } = poolBudgetOf(observed);
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const shown = outside.slice(0, 5).map((member) => `"${member.name}" ${reasonOf(member) ?? stateOf(member)}`);
  const reasons = shown.length === 0 ? "" : `, and ${shown.join(", ")}`;
  return (
    `"${first.member.name}"${more} waits for ${waitsFor[first.reason.drainReason]}: ` +
    `at least ${minReady} of ${wanted} builders stay in service${reasons}`
  );
}

function trialOf({ revision }: Member): string {
  return `is silent while revision ${revision} is on trial`;
}

/** The reason why the builder does not return to service by itself; undefined if it does. */
function disturbanceOf(member: Member): string | undefined {
  const { phase, pod, status } = member;
  if (isHost(member) && status === undefined) return "has not joined";
  if (phase === "Quarantined") return `is quarantined (${status?.message ?? "its status shows the reason"})`;
  if (phase === "Lost" || phase === "Suspect") return `is ${phase}`;
  if (pod?.startFailure !== undefined) return `does not start: ${pod.startFailure}`;
  const retry = warmupRetryOf(status);
  return retry === undefined ? undefined : `retries its warm-up (${retry})`;
}

function stateOf(member: Member): string {
  if (member.builder?.spec.desired === "Drain") return "drains";
  return isCold(member) && member.phase === "Warming" ? "warms up" : "starts";
}
