import { apiVersion } from "../../../src/api/group.ts";
import type { Stored } from "../../../src/api/kinds.ts";
import { BuilderPool, type BuilderPoolSpec } from "../../../src/api/pool.ts";
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
