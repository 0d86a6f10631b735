import { group } from "../../../api/objects/group.ts";

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only objects with these names; absent: all objects. */
  readonly resourceNames?: readonly string[];
}

const read = ["get", "list", "watch"] as const;
const leases = ["coordination.k8s.io"];

/**
 * Rules of builders: read the queue, write status and heartbeat. The admission policy narrows writes to their own
 * objects.
 */
export const builderRules: readonly Rule[] = [
  { apiGroups: [group], resources: ["builderpools", "builders", "builds"], verbs: read },
  { apiGroups: [group], resources: ["builders/status", "builds/status"], verbs: ["update"] },
  { apiGroups: leases, resources: ["leases"], verbs: ["get", "create", "update"] },
];

/** ConfigMap with the authority of the API server. Kubernetes creates it in each namespace. */
export const rootAuthority = "kube-root-ca.crt";

/**
 * Verbs of the operator on the owned objects of pools. Server-side apply needs `patch`, and `create` for a missing
 * object. The operator deletes only StatefulSets. Some clusters require `delete` to set an owner reference on an
 * existing object. The operator sets one when it adopts objects of an earlier deletion.
 */
const keep = [...read, "create", "patch", "delete"] as const;

/** Rules of the operator in its namespace. It can grant builders only rights that it holds itself. */
export const operatorRules: readonly Rule[] = [
  { apiGroups: [group], resources: ["builderpools"], verbs: [...read, "update"] },
  { apiGroups: [group], resources: ["builders", "builds"], verbs: [...read, "create", "update", "delete"] },
  {
    apiGroups: [group],
    resources: ["builderpools/status", "builders/status", "builds/status"],
    verbs: ["update"],
  },
  // Some clusters require this right to set an owner reference with blockOwnerDeletion.
  { apiGroups: [group], resources: ["builderpools/finalizers"], verbs: ["update"] },
  { apiGroups: leases, resources: ["leases"], verbs: ["get", "list", "create", "update", "delete"] },
  { apiGroups: ["apps"], resources: ["statefulsets"], verbs: keep },
  { apiGroups: ["apps"], resources: ["controllerrevisions"], verbs: ["list"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "delete"] },
  { apiGroups: [""], resources: ["services", "serviceaccounts"], verbs: keep },
  { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"], verbs: keep },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: keep },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: keep },
  { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
  // Two rights of hosts, which the operator only grants. The admission policy refuses the first to the operator itself.
  { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
  { apiGroups: [""], resources: ["configmaps"], resourceNames: [rootAuthority], verbs: ["get"] },
  // Reasons of refused pods.
  { apiGroups: [""], resources: ["events"], verbs: ["list"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];
