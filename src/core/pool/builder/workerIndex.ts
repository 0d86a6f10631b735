import type { BuilderSpec } from "../../../api/objects/builder.ts";
import type { Member } from "./member.ts";

/** A builder's worker index and the size of its pool. */
export type PartitionIndex = Required<Pick<BuilderSpec, "workerIndex" | "poolSize">>;

/**
 * Assigns worker indexes 0 to poolSize - 1 without gaps: a pod has its ordinal, outside hosts follow by name.
 * `podCount` is the number of ordinals in the partition. The index may change; the name identifies a builder.
 */
export function partitionIndexesOf(
  members: readonly Member[],
  podCount: number,
): (name: string, ordinal?: number) => PartitionIndex {
  const outside = members
    .filter(({ ordinal }) => ordinal === undefined)
    .map(({ name }) => name)
    .sort();
  const poolSize = podCount + outside.length;
  return (name, ordinal) => ({ workerIndex: ordinal ?? podCount + outside.indexOf(name), poolSize });
}
