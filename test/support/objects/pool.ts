import { apiVersion } from "../../../src/api/objects/group.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { BuilderPool, type BuilderPoolSpec } from "../../../src/api/objects/pool.ts";
import { meta } from "./stored.ts";

export function aPool(spec: Partial<BuilderPoolSpec> = {}, name = "o2"): Stored<"BuilderPool"> {
  const pool = BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: meta(name),
    spec: { package: "O2", repository: "o/r", ...spec },
  });
  return { ...pool, metadata: meta(name) };
}
