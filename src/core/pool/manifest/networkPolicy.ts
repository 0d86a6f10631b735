import type { BuilderPool } from "../../../api/objects/pool.ts";
import { healthPort } from "./containers.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";

/** Where clouds hand the credentials of a node to whoever asks from it. */
const nodeCredentials = { v4: "169.254.169.254/32", v6: "fd00:ec2::254/128" };

/**
 * Nobody reaches a builder but for health and metrics, and nobody in it reaches the credentials of its node. It cannot keep a build from
 * the API server: a policy knows pods, not containers, and the builder in the same pod must reach it. What keeps builds from doing
 * anything there is that they hold no token. Without a network plugin that enforces policies it does nothing.
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
