import { apiVersion, poolLabel } from "../../../api/objects/group.ts";
import type { ObjectMeta } from "../../../api/objects/metadata.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";

/** Metadata of an object that goes with its pool. */
export function ownedMetadataOf(pool: BuilderPool, name: string): ObjectMeta {
  const { name: owner, uid = "" } = pool.metadata;
  return {
    name,
    labels: labelsOf(owner),
    ownerReferences: [
      { apiVersion, kind: "BuilderPool", name: owner, uid, controller: true, blockOwnerDeletion: true },
    ],
  };
}

/** Labels of everything that a pool owns. */
export function labelsOf(pool: string): Record<string, string> {
  return { "app.kubernetes.io/name": "builderpool", "app.kubernetes.io/component": "builder", ...selectorOf(pool) };
}

/** What selects the pods of a pool; it never changes. */
export function selectorOf(pool: string): Record<string, string> {
  return { [poolLabel]: pool };
}

/** Name of the identity its builders have, and of the rights of that. */
export function accountNameOf(pool: string): string {
  return `${pool}${accountSuffix}`;
}

/** What tells builders from everybody else by their names. */
export const accountSuffix = "-builder";
