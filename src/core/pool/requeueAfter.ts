import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { isCold, type Member } from "./builder/member.ts";
import { quarantinePauseOf } from "./builder/quarantine.ts";
import { deletionDrainTimeout, deletionTimeout } from "./deletion.ts";
import type { ObservedPool } from "./observed.ts";
import { drainLimit } from "./rollout/removal.ts";

/** The time after which the plan may change without an observed change; undefined if no deadline is pending. */
export function requeueAfterOf({ pool, members, deletingFor }: ObservedPool): Milliseconds | undefined {
  const isDeleted = pool.metadata.deletionTimestamp !== undefined;
  const remaining = members
    .flatMap((member) => timeoutsOf(member, pool.spec))
    .concat(isDeleted ? [deletionDrainTimeout - deletingFor, deletionTimeout - deletingFor] : [])
    .filter((span) => span > 0);
  return remaining.length === 0 ? undefined : Math.max(1000, Math.min(...remaining));
}

function timeoutsOf({ pod, phase, builder, ages, ...member }: Member, spec: ObservedPool["pool"]["spec"]): number[] {
  if (pod === undefined) return [];
  return [
    ...(isCold({ ...member, phase, ages }) ? [milliseconds(spec.warmup.timeout) - ages.stuck] : []),
    ...(phase === "Quarantined" ? [quarantinePauseOf(ages.quarantineCount) - ages.quarantined] : []),
    ...(builder?.spec.desired === "Drain" ? [drainLimit(spec.update) - ages.draining] : []),
  ];
}
