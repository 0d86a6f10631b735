import type { Resource } from "../../store/kubernetes/client.ts";

export const pods: Resource = { apiVersion: "v1", kind: "Pod", plural: "pods" };
export const secrets: Resource = { apiVersion: "v1", kind: "Secret", plural: "secrets" };
export const statefulSets: Resource = { apiVersion: "apps/v1", kind: "StatefulSet", plural: "statefulsets" };
export const controllerRevisions: Resource = {
  apiVersion: "apps/v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
};
export const events: Resource = { apiVersion: "events.k8s.io/v1", kind: "Event", plural: "events" };

/** Field manager of our server-side applies. */
export const fieldManager = "builderpool";

const rbac = "rbac.authorization.k8s.io/v1";

/** Kinds of the objects that a pool owns, except Builders and Builds. */
export const ownedResources: readonly Resource[] = [
  { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" },
  { apiVersion: rbac, kind: "Role", plural: "roles" },
  { apiVersion: rbac, kind: "RoleBinding", plural: "rolebindings" },
  { apiVersion: "v1", kind: "Service", plural: "services" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", plural: "networkpolicies" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets" },
  statefulSets,
];

/** The API resource of an owned object's kind. Throws for any other kind: a bug. */
export function ownedResource(kind: string): Resource {
  const resource = ownedResources.find((candidate) => candidate.kind === kind);
  if (resource === undefined) throw new Error(`no pool owns a ${kind}`);
  return resource;
}
