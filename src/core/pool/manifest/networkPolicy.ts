import type { BuilderPool } from "../../../api/objects/pool.ts";
import { type EgressTarget, egressRulesOf } from "./egress.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";
import { healthPort } from "./pod/containers.ts";

/**
 * Allows only health and metrics requests into a builder pod, and blocks its way to the credentials of the node. With
 * `egress`, the pod reaches only these addresses. A build can still reach the API server: a policy covers whole pods,
 * and the builder in the same pod needs the API. Builds have no token, so the API server refuses them. The policy has
 * no effect without a network plugin that enforces policies.
 */
export function networkPolicyOf(pool: BuilderPool, egress?: readonly EgressTarget[]): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      podSelector: { matchLabels: selectorOf(name) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ protocol: "TCP", port: healthPort }] }],
      egress: egressRulesOf(egress),
    },
  };
}
