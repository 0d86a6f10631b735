import type { OwnerReference } from "../api/objects/metadata.ts";

/** Merges two lists of owner references by UID. A given reference replaces the current one with the same UID. */
export function joinedOwners(
  current: readonly OwnerReference[] = [],
  given: readonly OwnerReference[] = [],
): OwnerReference[] {
  return [...new Map([...current, ...given].map((owner) => [owner.uid, owner])).values()];
}
