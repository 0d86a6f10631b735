import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../../api/values/duration.ts";
import { isEnding, isIdle, isServing, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { type Budget, budgetOf } from "./budget.ts";
import { placesOf } from "./places.ts";
import { type RemovalReason, replacementReasonOf, scaleDownReasonOf, urgencyOf } from "./removalReason.ts";
import type { Rollout } from "./rollout.ts";

/** The removal of one builder, with its next step. */
export interface Removal {
  readonly member: Member;
  readonly reason: RemovalReason;
  /** Whether the pool still wants its ordinal, so that a new pod replaces it. */
  readonly returns: boolean;
  readonly step:
    | "Wait" // for its build to finish, for its pod to go, or for the budget
    | "Drain" // it starts no new build
    | "Remove" // it is idle: its pod may be deleted
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
 * ordinals. Idle builders are removed at once. A ready builder drains only while the budget allows it.
 */
export function removalsOf({ pool, members }: ObservedPool, rollout: Rollout): Removals {
  const { spec } = pool;
  const budget = budgetOf(spec);
  const replacementReasons = new Map(members.map((member) => [member.name, replacementReasonOf(member, rollout)]));
  const places = placesOf(
    { instances: spec.instances, maxSurge: budget.maxSurge },
    members,
    rollout,
    ({ name }) => replacementReasons.get(name) !== undefined,
  );
  const leaving = members
    .map((member) => ({ member, returns: (member.ordinal ?? 0) < places }))
    .map((candidate) => ({
      ...candidate,
      reason: candidate.returns
        ? replacementReasons.get(candidate.member.name)
        : scaleDownReasonOf(candidate.member, spec.instances),
    }))
    .filter((candidate): candidate is typeof candidate & { reason: RemovalReason } => candidate.reason !== undefined)
    .filter(({ member }) => member.pod !== undefined)
    .sort((a, b) => urgencyOf(a.reason) - urgencyOf(b.reason) || (b.member.ordinal ?? 0) - (a.member.ordinal ?? 0));
  return { places, all: withSteps(leaving, spareOf(members, budget), drainLimit(spec.update)) };
}

/** Whether the builder still occupies its ordinal. */
export function holdsOrdinal({ step, member }: Removal): boolean {
  return (step === "Wait" || step === "Drain") && !isEnding(member);
}

function withSteps(leaving: readonly Omit<Removal, "step">[], spare: number, limit: Milliseconds): readonly Removal[] {
  let remaining = spare;
  return leaving.map((removal) => {
    const step = nextStep(removal.member, remaining > 0, limit);
    if (step === "Drain") remaining -= 1;
    return { ...removal, step };
  });
}

function nextStep(member: Member, mayDrain: boolean, limit: Milliseconds): Removal["step"] {
  if (isEnding(member)) return "Wait";
  if (isIdle(member)) return "Remove";
  if (member.builder?.spec.desired === "Drain") return member.ages.draining >= limit ? "Force" : "Wait";
  return member.phase === "Ready" && mayDrain ? "Drain" : "Wait";
}

/** The number of ready builders that may drain now. */
function spareOf(members: readonly Member[], { minReady }: Budget): number {
  return members.filter((member) => member.ordinal !== undefined && isServing(member)).length - minReady;
}
