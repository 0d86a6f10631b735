import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../../api/values/duration.ts";
import { isEnding, isIdle, isServing, type Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { type Budget, budgetOf } from "./budget.ts";
import { widthOf } from "./places.ts";
import { type Cause, causeToReplace, noPlace, urgency } from "./removalReason.ts";
import type { Course } from "./rollout.ts";

/** One builder on its way out, and the next step of it. */
export interface Departure {
  readonly member: Member;
  readonly cause: Cause;
  /** Whether the pool keeps a place for it. */
  readonly returns: boolean;
  readonly step:
    | "Wait" // for its build to end, for its pod to go, or for the budget
    | "Drain" // no new build from now on
    | "Remove" // nothing of value runs: its pod may go
    | "Force"; // it was given its time to drain
}

export interface Departures {
  /** Ordinals the pool has a place for. */
  readonly width: number;
  readonly all: readonly Departure[];
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
export function departuresOf({ pool, members }: ObservedPool, course: Course): Departures {
  const { spec } = pool;
  const budget = budgetOf(spec);
  const replaced = new Map(members.map((member) => [member.name, causeToReplace(member, course)]));
  const width = widthOf(
    { instances: spec.instances, maxSurge: budget.maxSurge },
    members,
    course,
    ({ name }) => replaced.get(name) !== undefined,
  );
  const leaving = members
    .map((member) => ({ member, returns: (member.ordinal ?? 0) < width }))
    .map((candidate) => ({
      ...candidate,
      cause: candidate.returns ? replaced.get(candidate.member.name) : noPlace(candidate.member, spec.instances),
    }))
    .filter((candidate): candidate is typeof candidate & { cause: Cause } => candidate.cause !== undefined)
    .filter(({ member }) => member.pod !== undefined)
    .sort((a, b) => urgency(a.cause) - urgency(b.cause) || (b.member.ordinal ?? 0) - (a.member.ordinal ?? 0));
  return { width, all: serve(leaving, spareOf(members, budget), drainLimit(spec.update)) };
}

/** Whether the pod keeps its place until it is done. */
export function holdsPlace({ step, member }: Departure): boolean {
  return (step === "Wait" || step === "Drain") && !isEnding(member);
}

function serve(leaving: readonly Omit<Departure, "step">[], spare: number, limit: Milliseconds): readonly Departure[] {
  let left = spare;
  return leaving.map((departure) => {
    const step = nextStep(departure.member, left > 0, limit);
    if (step === "Drain") left -= 1;
    return { ...departure, step };
  });
}

function nextStep(member: Member, mayTake: boolean, limit: Milliseconds): Departure["step"] {
  if (isEnding(member)) return "Wait";
  if (isIdle(member)) return "Remove";
  if (member.builder?.spec.desired === "Drain") return member.ages.draining >= limit ? "Force" : "Wait";
  return member.phase === "Ready" && mayTake ? "Drain" : "Wait";
}

/** How many ready builders may be taken out of service now. */
function spareOf(members: readonly Member[], { minReady }: Budget): number {
  return members.filter((member) => member.ordinal !== undefined && isServing(member)).length - minReady;
}
