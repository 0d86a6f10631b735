import type { BuilderPool } from "../../api/objects/pool.ts";

/** Fields that need a cluster, and what one machine does instead. */
const needCluster = {
  external: "outside hosts cannot join a pool yet",
  image: "builds use the programs of this machine, not those of a container",
  template: "there are no pods",
  workspace: "the work folder is the volume",
} as const;

/** A sentence for each thing a pool asks for that has no effect on one machine. */
export function fieldsWithoutEffectOf({ metadata, spec }: BuilderPool): readonly string[] {
  return Object.entries(needCluster).flatMap(([field, instead]) => {
    const value = spec[field as keyof typeof needCluster];
    const isAsked = Array.isArray(value) ? value.length > 0 : value !== undefined;
    return isAsked ? [`${metadata.name}: spec.${field} has no effect on one machine: ${instead}`] : [];
  });
}
