import { apiVersion } from "../../../api/objects/group.ts";
import type { Stored } from "../../../api/objects/kinds.ts";
import type { ObjectMeta } from "../../../api/objects/metadata.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { selectorOf } from "../manifest/owned.ts";
import { builderRules, type Rule, rootAuthority } from "../manifest/rights.ts";
import { hostAccountOf } from "./account.ts";

const rbac = "rbac.authorization.k8s.io";

/** Label value of the objects of hosts. */
export const hostComponent = "host";

/**
 * The ServiceAccount, Role and RoleBinding of a host, in the order of creation. They are deleted with the Builder.
 * `secrets` are the Secrets that the host may read.
 */
export function hostManifestsOf(
  builder: Stored<"Builder">,
  namespace: string,
  secrets: readonly string[],
): readonly Manifest[] {
  const name = hostAccountOf(builder.metadata.name, builder.spec.pool);
  const metadata = metadataOf(builder, name);
  return [
    // First: the rights must not go to an account of this name that belongs to somebody else.
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules: hostRulesOf(name, secrets) },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

/** The rights of a builder in a pod, and those that kubelet has in its place: renew the token, read what is mounted. */
function hostRulesOf(account: string, secrets: readonly string[]): readonly Rule[] {
  return [
    ...builderRules,
    { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [account], verbs: ["create"] },
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [rootAuthority], verbs: ["get"] },
    // A rule without names would allow all Secrets.
    ...(secrets.length === 0
      ? []
      : [{ apiGroups: [""], resources: ["secrets"], resourceNames: secrets, verbs: ["get"] }]),
  ];
}

/** `blockOwnerDeletion` stays absent: some clusters require a further right of the operator to set it. */
function metadataOf({ metadata: { name: host, uid }, spec: { pool } }: Stored<"Builder">, name: string): ObjectMeta {
  return {
    name,
    labels: {
      "app.kubernetes.io/name": "builderpool",
      "app.kubernetes.io/component": hostComponent,
      ...selectorOf(pool),
    },
    ownerReferences: [{ apiVersion, kind: "Builder", name: host, uid, controller: true }],
  };
}
