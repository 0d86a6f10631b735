import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../../api/values/duration.ts";
import { isEnding, isIdle, isServing, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { type Budget, budgetOf } from "./budget.ts";
import { placesOf } from "./places.ts";
import { type RemovalReason, replacementReasonOf, scaleDownReasonOf, urgencyOf } from "./removalReason.ts";
import type { Rollout } from "./rollout.ts";

/** One builder on its way out, and the next step of it. */
export interface Removal {
  readonly member: Member;
  readonly reason: RemovalReason;
  /** Whether the pool keeps a place for it. */
  readonly returns: boolean;
  readonly step:
    | "Wait" // for its build to end, for its pod to go, or for the budget
    | "Drain" // no new build from now on
    | "Remove" // nothing of value runs: its pod may go
    | "Force"; // it was given its time to drain
}

export interface Removals {
  /** Ordinals the pool has a place for. */
  readonly places: number;
  readonly all: readonly Removal[];
}

/** A builder ends its own build when the drain timeout is over; only one that does not is stopped by force, so much later. */
const overtime: Milliseconds = 5 * 60_000;

/** How long a drain may take before the operator stops the builder. */
export function drainLimit(update: BuilderPoolSpec["update"]): Milliseconds {
  return milliseconds(update.drainTimeout) + overtime;
}

/**
 * Who must go, in the order in which they are served: what people asked for first, then high to low ordinals. Builders that serve
 * nobody are taken at once; a ready one only as long as the budget has one to spare.
 */
export function removalsOf({ pool, members }: ObservedPool, rollout: Rollout): Removals {
  const { spec } = pool;
  const budget = budgetOf(spec);
  const replaced = new Map(members.map((member) => [member.name, replacementReasonOf(member, rollout)]));
  const places = placesOf(
    { instances: spec.instances, maxSurge: budget.maxSurge },
    members,
    rollout,
    ({ name }) => replaced.get(name) !== undefined,
  );
  const leaving = members
    .map((member) => ({ member, returns: (member.ordinal ?? 0) < places }))
    .map((candidate) => ({
      ...candidate,
      reason: candidate.returns
        ? replaced.get(candidate.member.name)
        : scaleDownReasonOf(candidate.member, spec.instances),
    }))
    .filter((candidate): candidate is typeof candidate & { reason: RemovalReason } => candidate.reason !== undefined)
    .filter(({ member }) => member.pod !== undefined)
    .sort((a, b) => urgencyOf(a.reason) - urgencyOf(b.reason) || (b.member.ordinal ?? 0) - (a.member.ordinal ?? 0));
  return { places, all: serve(leaving, spareOf(members, budget), drainLimit(spec.update)) };
}

/** Whether the pod keeps its place until it is done. */
export function holdsOrdinal({ step, member }: Removal): boolean {
  return (step === "Wait" || step === "Drain") && !isEnding(member);
}

function serve(leaving: readonly Omit<Removal, "step">[], spare: number, limit: Milliseconds): readonly Removal[] {
  let left = spare;
  return leaving.map((removal) => {
    const step = nextStep(removal.member, left > 0, limit);
    if (step === "Drain") left -= 1;
    return { ...removal, step };
  });
}

function nextStep(member: Member, mayTake: boolean, limit: Milliseconds): Removal["step"] {
  if (isEnding(member)) return "Wait";
  if (isIdle(member)) return "Remove";
  if (member.builder?.spec.desired === "Drain") return member.ages.draining >= limit ? "Force" : "Wait";
  return member.phase === "Ready" && mayTake ? "Drain" : "Wait";
}

/** How many ready builders may be taken out of service now. */
function spareOf(members: readonly Member[], { minReady }: Budget): number {
  return members.filter((member) => member.ordinal !== undefined && isServing(member)).length - minReady;
}
