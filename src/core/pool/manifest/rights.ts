import { group } from "../../../api/objects/group.ts";

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ["get", "list", "watch"] as const;
const leases = ["coordination.k8s.io"];

/** Of a builder: it reads the queue, and writes what it does. The admission policy narrows the writes to its own. */
export const builderRules: readonly Rule[] = [
  { apiGroups: [group], resources: ["builderpools", "builders", "builds"], verbs: read },
  { apiGroups: [group], resources: ["builders/status", "builds/status"], verbs: ["update"] },
  { apiGroups: leases, resources: ["leases"], verbs: ["get", "create", "update"] },
];

/**
 * What the operator does to everything that a pool owns: server-side apply is a patch, and a create where there is nothing. It deletes StatefulSets
 * alone, but some clusters let only those name an owner of what there is who may delete it, and what a deletion left behind is taken up again.
 */
const keep = [...read, "create", "patch", "delete"] as const;

/** Of the operator, in its own namespace and nowhere else. It can grant builders only what it may do itself. */
export const operatorRules: readonly Rule[] = [
  { apiGroups: [group], resources: ["builderpools"], verbs: [...read, "update"] },
  { apiGroups: [group], resources: ["builders", "builds"], verbs: [...read, "create", "update", "delete"] },
  {
    apiGroups: [group],
    resources: ["builderpools/status", "builders/status", "builds/status"],
    verbs: ["update"],
  },
  // Some clusters let only those name a pool as owner whose deletion waits for what it owns.
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
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];
