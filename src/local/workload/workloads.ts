import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { Workloads } from "../../operator/pools/workloads.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { PoolWorkload } from "./poolWorkload.ts";

/** What stands in for a pod: one builder in this process. */
export interface RunningBuilder {
  /** Asks it to drain and end; called at most once. */
  stop(): void;
  /** Ends it now, its build included. */
  kill(): void;
  /** Settles when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

export interface LocalWorld {
  /** Starts the builder of a pod, with the pool as it was at the pod's revision. One that throws counts as one that ended at once. */
  start(pod: Pod, pool: BuilderPool): RunningBuilder;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LocalWorkloads extends Workloads {
  /** Starts nothing any more, drains all builders, and kills those that are not done after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/**
 * Plays StatefulSet on one machine: missing ordinals start together (Parallel), a new revision alone restarts nothing (OnDelete), a builder
 * that ends by itself is started again after a pause of 1 s that doubles up to 1 min.
 */
export function createLocalWorkloads(world: LocalWorld): LocalWorkloads {
  const listeners: ((pool: string) => void)[] = [];
  const pools = new Map<string, PoolWorkload>();
  let isClosed = false;

  function tell(pool: string): void {
    for (const listener of listeners) listener(pool);
  }

  return {
    async observe(pool) {
      return pools.get(pool)?.observe() ?? { pods: [] };
    },
    environment: async () => ({}),
    async apply(pool, replicas, revision) {
      const { name } = pool.metadata;
      const workload = pools.get(name) ?? new PoolWorkload(name, world, () => tell(name));
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
