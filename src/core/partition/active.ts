import type { Builder } from "../../api/objects/builder.ts";
import { presentStatusOf } from "../host/presentStatus.ts";

/**
 * Whether a builder is in the partition. The builder must be Ready, desired Active and not deleted. Its ready marker
 * must come from the present process and revision, since a marker of an earlier process stays on the volume. A host
 * must report with its present account.
 */
export function isActive(builder: Builder): boolean {
  const { metadata, spec } = builder;
  const status = presentStatusOf(builder);
  return (
    status?.phase === "Ready" &&
    status.warm !== undefined &&
    status.warm.incarnation === status.incarnation &&
    status.warm.revision === status.revision &&
    spec.desired === "Active" &&
    metadata.deletionTimestamp === undefined
  );
}

/** Names of the builders in the partition, sorted by worker index, then by name. The position is the rank. */
export function activeBuildersOf(builders: readonly Builder[]): string[] {
  return builders
    .filter(isActive)
    .sort((a, b) => sortKeyOf(a) - sortKeyOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((builder) => builder.metadata.name);
}

/** A builder without an index sorts last. */
function sortKeyOf(builder: Builder): number {
  return builder.spec.workerIndex ?? Number.MAX_SAFE_INTEGER;
}
