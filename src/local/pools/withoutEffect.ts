import { Logs } from "../../api/objects/pool/logs.ts";
import type { BuilderPool, BuilderPoolSpec } from "../../api/objects/pool.ts";

/** Fields that need a cluster, and the behaviour on one machine. */
const needCluster = {
  external: "outside hosts join pools of a cluster",
  image: "builds use the programs of this machine instead of a container",
  template: "there are no pods",
  workspace: "the work folder replaces the volume",
} as const;

/** Returns one sentence for each field of the pool that has no effect on one machine. */
export function fieldsWithoutEffectOf({ metadata, spec }: BuilderPool): readonly string[] {
  const unused = Object.entries(needCluster).flatMap(([field, instead]) => {
    const value = spec[field as keyof typeof needCluster];
    const isAsked = Array.isArray(value) ? value.length > 0 : value !== undefined;
    return isAsked ? [`spec.${field} has no effect on one machine: ${instead}`] : [];
  });
  return [...unused, ...keptByBucket(spec.logs)].map((sentence) => `${metadata.name}: ${sentence}`);
}

/** A bucket expires its own logs. */
function keptByBucket({ s3, keep }: BuilderPoolSpec["logs"]): readonly string[] {
  const isAsked = s3 !== undefined && keep !== Logs.shape.keep.parse(undefined);
  return isAsked ? ["spec.logs.keep has no effect with spec.logs.s3: set a lifecycle rule of the bucket"] : [];
}
