import type { Workloads } from "../pools/workloads.ts";
import { type ClusterWorld, watchPossessions } from "./ownedObjects.ts";
import { watchPods } from "./pods.ts";

/** The other player of StatefulSet: Kubernetes' own. Watches until the signal of its world aborts. */
export function clusterWorkloads(world: ClusterWorld): Workloads {
  const listeners: ((pool: string) => void)[] = [];
  const tell = (pool: string) => {
    for (const listener of listeners) listener(pool);
  };
  const pods = watchPods(world, tell);
  const possessions = watchPossessions(world, tell);

  return {
    async observe(pool, heardOf) {
      await possessions.synced;
      const workload = possessions.workload(pool);
      return { ...(workload !== undefined && { workload }), pods: await pods.observe(pool, heardOf) };
    },
    async standing(pool, pools) {
      await possessions.synced;
      return possessions.standing(pool, pools);
    },
    apply: possessions.apply,
    deletePod: (_pool, name, uid, graceMs) => pods.delete(name, uid, graceMs),
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
