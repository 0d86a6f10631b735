import type { BuilderPool } from "../../api/objects/pool.ts";

/** Fields that need a cluster, and the behaviour on one machine. */
const needCluster = {
  external: "outside hosts cannot join a pool yet",
  image: "builds use the programs of this machine instead of a container",
  template: "there are no pods",
  workspace: "the work folder replaces the volume",
} as const;

/** Returns one sentence for each field of the pool that has no effect on one machine. */
export function fieldsWithoutEffectOf({ metadata, spec }: BuilderPool): readonly string[] {
  return Object.entries(needCluster).flatMap(([field, instead]) => {
    const value = spec[field as keyof typeof needCluster];
    const isAsked = Array.isArray(value) ? value.length > 0 : value !== undefined;
    return isAsked ? [`${metadata.name}: spec.${field} has no effect on one machine: ${instead}`] : [];
  });
}
