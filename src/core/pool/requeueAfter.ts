import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { isCold, isPresent, type Member } from "./builder/member.ts";
import { quarantinePauseOf } from "./builder/quarantine.ts";
import { deletionDrainTimeout, deletionTimeout } from "./deletion.ts";
import type { ObservedPool } from "./observed.ts";
import { canaryDeadlineOf } from "./rollout/canary.ts";
import { drainLimit } from "./rollout/removal.ts";
import type { Rollout } from "./rollout/rollout.ts";

/** The time after which the plan may change without an observed change; undefined if no deadline is pending. */
export function requeueAfterOf(
  { pool, members, deletingFor }: ObservedPool,
  { canary }: Pick<Rollout, "canary">,
  now: number,
): Milliseconds | undefined {
  const deadline = canary && canaryDeadlineOf({ spec: pool.spec, status: { canary: canary.record } });
  const isDeleted = pool.metadata.deletionTimestamp !== undefined;
  const remaining = members
    .flatMap((member) => timeoutsOf(member, pool.spec))
    .concat(isDeleted ? [deletionDrainTimeout - deletingFor, deletionTimeout - deletingFor] : [])
    .concat(deadline === undefined ? [] : [deadline - now])
    .filter((span) => span > 0);
  return remaining.length === 0 ? undefined : Math.max(1000, Math.min(...remaining));
}

function timeoutsOf(member: Member, spec: ObservedPool["pool"]["spec"]): number[] {
  if (!isPresent(member)) return [];
  const { phase, builder, ages } = member;
  return [
    ...(isCold(member) ? [milliseconds(spec.warmup.timeout) - ages.stuck] : []),
    ...(phase === "Quarantined" ? [quarantinePauseOf(ages.quarantineCount) - ages.quarantined] : []),
    ...(builder?.spec.desired === "Drain" ? [drainLimit(spec.update) - ages.draining] : []),
  ];
}
