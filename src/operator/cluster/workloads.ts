import type { Workloads } from "../pools/workloads.ts";
import { type ClusterWorld, watchOwnedObjects } from "./ownedObjects.ts";
import { watchPods } from "./pods.ts";

/** The workloads of a cluster: pods and owned objects. Watches until the world's signal aborts. */
export function createClusterWorkloads(world: ClusterWorld): Workloads {
  const listeners: ((pool: string) => void)[] = [];
  const onChange = (pool: string) => {
    for (const listener of listeners) listener(pool);
  };
  const pods = watchPods(world, onChange);
  const owned = watchOwnedObjects(world, onChange);

  return {
    async observe(pool, knownUids) {
      await owned.synced;
      const workload = owned.workload(pool);
      return { ...(workload !== undefined && { workload }), pods: await pods.observe(pool, knownUids) };
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
