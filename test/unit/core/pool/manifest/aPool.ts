import { apiVersion } from "../../../../../src/api/objects/group.ts";
import { BuilderPool } from "../../../../../src/api/objects/pool.ts";

/** A pool of a cluster with changes of its spec. */
export function aPool(spec: object = {}, name = "o2"): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name, uid: "00000000-0000-0000-0000-000000000001" },
    spec: {
      package: "O2",
      repository: "AliceO2Group/AliceO2",
      image: "registry.example.org/slc9-builder:1",
      architecture: "slc9_x86-64",
      instances: 8,
      ...spec,
    },
  });
}
