import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { isCold, type Member } from "./builder/member.ts";
import { quarantinePauseOf } from "./builder/quarantine.ts";
import { deletionDrainTimeout, deletionTimeout } from "./deletion.ts";
import type { ObservedPool } from "./observed.ts";
import { drainLimit } from "./rollout/removal.ts";

/** How soon time alone may change the plan; undefined when only news can. */
export function requeueAfterOf({ pool, members, deletingFor }: ObservedPool): Milliseconds | undefined {
  const isDeleted = pool.metadata.deletionTimestamp !== undefined;
  const left = members
    .flatMap((member) => deadlines(member, pool.spec))
    .concat(isDeleted ? [deletionDrainTimeout - deletingFor, deletionTimeout - deletingFor] : [])
    .filter((span) => span > 0);
  return left.length === 0 ? undefined : Math.max(1000, Math.min(...left));
}

function deadlines({ pod, phase, builder, ages, ...member }: Member, spec: ObservedPool["pool"]["spec"]): number[] {
  if (pod === undefined) return [];
  return [
    ...(isCold({ ...member, phase, ages }) ? [milliseconds(spec.warmup.timeout) - ages.stuck] : []),
    ...(phase === "Quarantined" ? [quarantinePauseOf(ages.strikes) - ages.quarantined] : []),
    ...(builder?.spec.desired === "Drain" ? [drainLimit(spec.update) - ages.draining] : []),
  ];
}
