import type { BuilderPool } from "../../../api/objects/pool.ts";
import { budgetOf } from "../rollout/budget.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";

/**
 * Applies the operator's own budget to evictions. At least one eviction at a time is allowed, since a node must be
 * drainable; the evicted builder finishes its build first. A builder that is not ready may always be evicted.
 */
export function disruptionBudgetOf(pool: BuilderPool): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      maxUnavailable: Math.max(1, budgetOf(pool.spec).maxUnavailable),
      selector: { matchLabels: selectorOf(name) },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
