import { apiVersion, poolLabel } from "../../../api/objects/group.ts";
import type { ObjectMeta } from "../../../api/objects/metadata.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";

/** Metadata of an object that is deleted with its pool. */
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

/** Labels of the owned objects of a pool. */
export function labelsOf(pool: string): Record<string, string> {
  return { "app.kubernetes.io/name": "builderpool", "app.kubernetes.io/component": "builder", ...selectorOf(pool) };
}

/** Label selector of the pods of a pool. It must never change. */
export function selectorOf(pool: string): Record<string, string> {
  return { [poolLabel]: pool };
}

/** Name of the ServiceAccount, Role and RoleBinding of the builders of a pool. */
export function accountNameOf(pool: string): string {
  return `${pool}${accountSuffix}`;
}

/** Name suffix of the ServiceAccounts of builders, which the admission policy matches. */
export const accountSuffix = "-builder";
