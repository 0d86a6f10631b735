import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";
import { healthPort } from "./pod/containers.ts";

/** The headless Service: DNS names for all pods and targets for Prometheus, whether the pods are ready or not. */
export function headlessServiceOf(pool: BuilderPool): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: selectorOf(name),
      ports: [{ name: "http", port: healthPort, targetPort: "http", protocol: "TCP" }],
    },
  };
}
