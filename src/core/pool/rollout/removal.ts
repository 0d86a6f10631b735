import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../../api/values/duration.ts";
import { unsupportedVersionOf } from "../builder/agentVersion.ts";
import { isHost } from "../builder/host.ts";
import { isDrainedByPerson, isEnding, isIdle, isPresent, isServing, type Member } from "../builder/member.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";
import { type Budget, poolBudgetOf } from "./budget.ts";
import { isOnTrial } from "./canary.ts";
import { placesOf } from "./places.ts";
import {
  hostRemovalReasonOf,
  type RemovalReason,
  replacementReasonOf,
  scaleDownReasonOf,
  urgencyOf,
} from "./removalReason.ts";
import type { Rollout } from "./rollout.ts";

/** The removal of one builder, with its next step. */
export interface Removal {
  readonly member: Member;
  readonly reason: RemovalReason;
  /** Whether the pool still wants its ordinal or its host, so that a new process replaces it. */
  readonly returns: boolean;
  readonly step:
    | "Wait" // for its build to finish, for its pod to go, or for the budget
    | "Drain" // it starts no new build
    | "Remove" // it is idle: its pod may be deleted, a host may restart or be forgotten
    | "Force"; // its drain exceeded the limit
}

/** All removals of a pool. */
export interface Removals {
  /** The number of ordinals that the pool wants, see `placesOf`. */
  readonly places: number;
  readonly all: readonly Removal[];
}

/** A builder stops its own build after the drain timeout. If it does not, the operator stops it this much later. */
const forcedStopDelay: Milliseconds = 5 * 60_000;

/** The time after which the operator stops a builder that drains. */
export function drainLimit(update: BuilderPoolSpec["update"]): Milliseconds {
  return milliseconds(update.drainTimeout) + forcedStopDelay;
}

/**
 * The removals of a pool in the order in which the budget serves them: requests of people first, then high to low
 * ordinals, then outside hosts. Idle builders are removed at once. A ready builder drains only while the budget allows
 * it. A builder on trial is outside the budget.
 */
export function removalsOf(observed: ObservedPool, rollout: Rollout): Removals {
  const { pool, members } = observed;
  const { spec } = pool;
  const budget = poolBudgetOf(observed);
  const hosts = new Set(hostNamesOf(observed));
  const replacementReasons = new Map(members.map((member) => [member.name, replacementReasonOf(member, rollout)]));
  const places = placesOf(
    { instances: spec.instances, maxSurge: budget.maxSurge },
    members,
    rollout,
    (member) => replacementReasons.get(member.name) !== undefined && !isOnTrial(member, rollout.canary),
  );
  const costOf = (member: Member) => (isServing(member) && !isOnTrial(member, rollout.canary) ? 1 : 0);
  const leaving = members
    .map((member) => ({ member, returns: isHost(member) ? hosts.has(member.name) : (member.ordinal ?? 0) < places }))
    .map((candidate) => ({
      ...candidate,
      reason: candidate.returns
        ? replacementReasons.get(candidate.member.name)
        : isHost(candidate.member)
          ? hostRemovalReasonOf(candidate.member)
          : scaleDownReasonOf(candidate.member, spec.instances),
    }))
    .filter((candidate): candidate is typeof candidate & { reason: RemovalReason } => candidate.reason !== undefined)
    .filter(({ member }) => isHost(member) || member.pod !== undefined)
    .sort((a, b) => urgencyOf(a.reason) - urgencyOf(b.reason) || (b.member.ordinal ?? -1) - (a.member.ordinal ?? -1));
  return { places, all: withSteps(leaving, costOf, spareOf(observed, costOf, budget), drainLimit(spec.update)) };
}

/** Whether the builder still occupies its ordinal. */
export function holdsOrdinal({ step, member }: Removal): boolean {
  return (step === "Wait" || step === "Drain") && !isEnding(member);
}

function withSteps(
  leaving: readonly Omit<Removal, "step">[],
  costOf: (member: Member) => number,
  spare: number,
  limit: Milliseconds,
): readonly Removal[] {
  let remaining = spare;
  return leaving.map((removal) => {
    const { member, returns } = removal;
    const cost = costOf(member);
    const isLeavingHost = isHost(member) && !returns;
    const step = (isLeavingHost ? nextStepOfLeavingHost : nextStep)(
      member,
      remaining > 0 || (cost === 0 && isServing(member)),
      limit,
    );
    if (step === "Drain") remaining -= cost;
    return { ...removal, step };
  });
}

function nextStep(member: Member, mayDrain: boolean, limit: Milliseconds): Removal["step"] {
  if (isEnding(member)) return "Wait";
  if (isIdle(member)) return "Remove";
  if (member.builder?.spec.desired === "Drain") return member.ages.draining >= limit ? "Force" : "Wait";
  return member.phase === "Ready" && mayDrain ? "Drain" : "Wait";
}

/** The operator cannot stop the process of a host. A host is forgotten only after its process can claim nothing. */
function nextStepOfLeavingHost(member: Member, mayDrain: boolean, limit: Milliseconds): Removal["step"] {
  if (!isPresent(member) || member.phase === "Drained") return "Remove";
  if (member.builder?.spec.desired === "Drain") return member.ages.draining >= limit ? "Force" : "Wait";
  return isIdle(member) || (member.phase === "Ready" && mayDrain) ? "Drain" : "Wait";
}

/**
 * The number of ready builders that may drain now. Builders that drain in any case do not count: a person drains them,
 * or their version does not work with the operator. A builder on trial publishes nothing, so it does not count.
 */
function spareOf({ members, version }: ObservedPool, costOf: (member: Member) => number, { minReady }: Budget): number {
  const staying = members.filter(
    (member) => !isDrainedByPerson(member) && unsupportedVersionOf(member, version) === undefined,
  );
  return staying.reduce((sum, member) => sum + costOf(member), 0) - minReady;
}
