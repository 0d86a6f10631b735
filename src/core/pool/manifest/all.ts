import type { BuilderPool } from "../../../api/objects/pool.ts";
import { disruptionBudgetOf } from "./disruptionBudget.ts";
import type { EgressTarget } from "./egress.ts";
import { headlessServiceOf } from "./headlessService.ts";
import { roleBindingOf, roleOf, serviceAccountOf } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { networkPolicyOf } from "./networkPolicy.ts";
import type { PodTemplate } from "./pod/podTemplate.ts";
import { statefulSetOf } from "./statefulSet.ts";

/**
 * The objects of a pool in a cluster, except Builders and Builds. In the order of creation: pods come last, since they
 * need all others.
 */
export function manifestsOf(
  pool: BuilderPool,
  namespace: string,
  replicas: number,
  template: PodTemplate,
  egress?: readonly EgressTarget[],
): readonly Manifest[] {
  return [
    serviceAccountOf(pool),
    roleOf(pool),
    roleBindingOf(pool, namespace),
    headlessServiceOf(pool),
    networkPolicyOf(pool, egress),
    disruptionBudgetOf(pool),
    statefulSetOf(pool, replicas, template),
  ];
}
