import type { Builder } from "../../api/objects/builder.ts";

/**
 * Whether a builder has a share of the pull requests: Ready, warmed up by this very process at this very revision, meant to
 * be active, and not deleted. A marker left on the volume by an earlier process counts for nothing.
 */
export function isActive(builder: Builder): boolean {
  const { metadata, spec, status } = builder;
  return (
    status?.phase === "Ready" &&
    status.warm !== undefined &&
    status.warm.incarnation === status.incarnation &&
    status.warm.revision === status.revision &&
    spec.desired === "Active" &&
    metadata.deletionTimestamp === undefined
  );
}

/** Names of the members in the order of their worker index, then of their names; a place in it is a rank in the partition. */
export function activeBuildersOf(builders: readonly Builder[]): string[] {
  return builders
    .filter(isActive)
    .sort((a, b) => index(a) - index(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((builder) => builder.metadata.name);
}

/** A builder without an index comes last. */
function index(builder: Builder): number {
  return builder.spec.workerIndex ?? Number.MAX_SAFE_INTEGER;
}
