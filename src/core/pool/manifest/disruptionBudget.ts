import { revisionLabel } from "../../../api/objects/group.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import { budgetOf } from "../rollout/budget.ts";
import type { Manifest } from "./manifest.ts";
import { ownedMetadataOf, selectorOf } from "./owned.ts";

/**
 * Applies the operator's own budget to evictions. At least one eviction at a time is allowed, since a node must be
 * drainable; the evicted builder finishes its build first. A builder that is not ready may always be evicted.
 *
 * During a trial only loud revisions count as available. The API server compares them with all replicas, so a canary
 * uses the budget as a builder that is out of service. The canary itself may always be evicted.
 */
export function disruptionBudgetOf(pool: BuilderPool): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      maxUnavailable: Math.max(1, budgetOf(pool.spec).maxUnavailable),
      selector: { matchLabels: selectorOf(name), ...loudExpressionOf(pool) },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}

/** Selects the pods of revisions that are not on trial. */
function loudExpressionOf({ status }: BuilderPool): object {
  const loud = status?.canary?.loudRevisions;
  return loud === undefined ? {} : { matchExpressions: [{ key: revisionLabel, operator: "In", values: loud }] };
}
