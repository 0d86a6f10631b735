import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Manifest } from "./manifest.ts";
import { accountNameOf, ownedMetadataOf } from "./owned.ts";
import { builderRules } from "./rights.ts";

/** The ServiceAccount of the builders of a pool. Only the builder container gets its token. */
export function serviceAccountOf(pool: BuilderPool): Manifest {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: ownedMetadataOf(pool, accountNameOf(pool.metadata.name)),
    automountServiceAccountToken: false,
  };
}

/** The Role of the builders. The admission policy narrows it to their own objects. */
export function roleOf(pool: BuilderPool): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: ownedMetadataOf(pool, accountNameOf(pool.metadata.name)),
    rules: builderRules,
  };
}

/** Binds the Role to the ServiceAccount in `namespace`. */
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
