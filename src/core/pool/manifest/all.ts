import type { BuilderPool } from "../../../api/objects/pool.ts";
import { disruptionBudget } from "./disruptionBudget.ts";
import { headlessService } from "./headless.ts";
import { role, roleBinding, serviceAccount } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { networkPolicy } from "./networkPolicy.ts";
import type { PodTemplate } from "./podTemplate.ts";
import { statefulSet } from "./statefulSet.ts";

/** Everything a pool owns in a cluster but its Builders and Builds, in the order in which it is made: pods come last, and find all they need. */
export function manifestsOf(
  pool: BuilderPool,
  namespace: string,
  replicas: number,
  template: PodTemplate,
): readonly Manifest[] {
  return [
    serviceAccount(pool),
    role(pool),
    roleBinding(pool, namespace),
    headlessService(pool),
    networkPolicy(pool),
    disruptionBudget(pool),
    statefulSet(pool, replicas, template),
  ];
}
