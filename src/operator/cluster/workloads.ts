import type { Workloads } from "../pools/workloads.ts";
import { type ClusterWorld, watchOwnedObjects } from "./ownedObjects.ts";
import { watchPods } from "./pods.ts";

/** The other player of StatefulSet: Kubernetes' own. Watches until the signal of its world aborts. */
export function createClusterWorkloads(world: ClusterWorld): Workloads {
  const listeners: ((pool: string) => void)[] = [];
  const tell = (pool: string) => {
    for (const listener of listeners) listener(pool);
  };
  const pods = watchPods(world, tell);
  const owned = watchOwnedObjects(world, tell);

  return {
    async observe(pool, heardOf) {
      await owned.synced;
      const workload = owned.workload(pool);
      return { ...(workload !== undefined && { workload }), pods: await pods.observe(pool, heardOf) };
    },
    async environment(pool, pools) {
      await owned.synced;
      return owned.environment(pool, pools);
    },
    apply: owned.apply,
    deletePod: (_pool, name, uid, graceMs) => pods.delete(name, uid, graceMs),
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
