import type { BuilderPool } from "../../../api/objects/pool.ts";
import { healthPort } from "./containers.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";

/** Addresses at which clouds serve the credentials of a node to every process on it. */
const nodeCredentials = { v4: "169.254.169.254/32", v6: "fd00:ec2::254/128" };

/**
 * Allows only health and metrics requests into a builder pod, and blocks its way to the credentials of the node. A
 * build can still reach the API server: a policy covers whole pods, and the builder in the same pod needs the API.
 * Builds have no token, so the API server refuses them. The policy has no effect without a network plugin that enforces
 * policies.
 */
export function networkPolicyOf(pool: BuilderPool): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      podSelector: { matchLabels: selectorOf(name) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ protocol: "TCP", port: healthPort }] }],
      egress: [
        {
          to: [
            { ipBlock: { cidr: "0.0.0.0/0", except: [nodeCredentials.v4] } },
            { ipBlock: { cidr: "::/0", except: [nodeCredentials.v6] } },
          ],
        },
      ],
    },
  };
}
