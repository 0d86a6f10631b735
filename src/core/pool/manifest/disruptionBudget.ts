import type { BuilderPool } from "../../../api/objects/pool.ts";
import { budgetOf } from "../rollout/budget.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";

/**
 * Holds evictions to the budget of our own actions, at least one at a time: a node must be drainable, and the builder on it finishes its
 * build first. One that is not warm yet may always be evicted.
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
