import type { BuilderSpec } from "../../../api/objects/builder.ts";
import type { Member } from "./member.ts";

export type PartitionIndex = Required<Pick<BuilderSpec, "workerIndex" | "poolSize">>;

/**
 * Worker indexes 0..poolSize-1 without holes: a pod's is its ordinal, outside hosts follow in the order of their names.
 * `pods` is the number of ordinals that count. The index is a view; who a builder is, is its name.
 */
export function partitionIndexesOf(
  members: readonly Member[],
  pods: number,
): (name: string, ordinal?: number) => PartitionIndex {
  const outside = members
    .filter(({ ordinal }) => ordinal === undefined)
    .map(({ name }) => name)
    .sort();
  const poolSize = pods + outside.length;
  return (name, ordinal) => ({ workerIndex: ordinal ?? pods + outside.indexOf(name), poolSize });
}
