import type { Workloads } from "../../operator/pools/workloads.ts";
import { PoolWorkload } from "./poolWorkload.ts";
import type { LocalWorld } from "./world.ts";

/** The workloads of one machine. */
export interface LocalWorkloads extends Workloads {
  /** Stops starting builders, drains all of them, and kills the remaining ones after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/**
 * Replaces the StatefulSets on one machine. Missing ordinals start together (Parallel). A new revision restarts no
 * builder (OnDelete). A builder that exits without a stop request restarts after a pause of 1 s, which doubles up to 1
 * min.
 */
export function createLocalWorkloads(world: LocalWorld): LocalWorkloads {
  const listeners: ((pool: string) => void)[] = [];
  const pools = new Map<string, PoolWorkload>();
  let isClosed = false;

  function notify(pool: string): void {
    for (const listener of listeners) listener(pool);
  }

  return {
    async observe(pool) {
      return pools.get(pool)?.observe() ?? { pods: [] };
    },
    environment: async () => ({ isMachine: true }),
    async apply(pool, replicas, revision) {
      const { name } = pool.metadata;
      const workload = pools.get(name) ?? new PoolWorkload(name, world, () => notify(name));
      pools.set(name, workload);
      if (!isClosed) workload.apply(pool, replicas, revision);
    },
    async deletePod(pool, name, uid, graceMs) {
      pools.get(pool)?.delete(name, uid, graceMs);
    },
    onChange(listener) {
      listeners.push(listener);
    },
    async close(drainMs) {
      isClosed = true;
      await Promise.all([...pools.values()].map((workload) => workload.close(drainMs)));
    },
  };
}
