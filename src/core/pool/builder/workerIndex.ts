import type { BuilderSpec } from "../../../api/objects/builder.ts";

/** A builder's worker index and the size of its pool. */
export type PartitionIndex = Required<Pick<BuilderSpec, "workerIndex" | "poolSize">>;

/**
 * Assigns worker indexes 0 to poolSize - 1 without gaps: a pod has its ordinal, outside hosts follow by name.
 * `podCount` is the number of ordinals in the partition, and `hosts` are the names of its hosts. The index may change;
 * the name identifies a builder.
 */
export function partitionIndexesOf(
  podCount: number,
  hosts: readonly string[],
): (name: string, ordinal?: number) => PartitionIndex {
  const outside = hosts.toSorted();
  const poolSize = podCount + outside.length;
  return (name, ordinal) => ({ workerIndex: ordinal ?? podCount + outside.indexOf(name), poolSize });
}
