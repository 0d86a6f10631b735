import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Manifest } from "./manifest.ts";
import { accountNameOf, ownedMetadataOf } from "./owned.ts";
import { builderRules } from "./rights.ts";

/** Who the builders of a pool are; its token is handed to the builder container alone. */
export function serviceAccountOf(pool: BuilderPool): Manifest {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: ownedMetadataOf(pool, accountNameOf(pool.metadata.name)),
    automountServiceAccountToken: false,
  };
}

/** What they may do; the admission policy narrows it to what is their own. */
export function roleOf(pool: BuilderPool): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: ownedMetadataOf(pool, accountNameOf(pool.metadata.name)),
    rules: builderRules,
  };
}

export function roleBindingOf(pool: BuilderPool, namespace: string): Manifest {
  const name = accountNameOf(pool.metadata.name);
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: ownedMetadataOf(pool, name),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}
