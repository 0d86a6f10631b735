import type { BuilderPool } from "../../api/pool.ts";

/** One running or starting builder instance, as the pool planner sees it: a pod in a cluster, a task in the process on one machine. */
export interface Pod {
  readonly name: string;
  readonly pool: string;
  readonly ordinal: number;
  readonly uid: string;
  /** Revision it was started with. */
  readonly revision: string;
  /** Asked to stop; it drains and goes. */
  readonly terminating: boolean;
  /** Its process ended; the death certificate. */
  readonly ended: boolean;
}

/** What plays StatefulSet: Parallel, OnDelete. A deleted or missing ordinal below `replicas` is started again at the current revision. */
export interface Workloads {
  observe(pool: string): Promise<readonly Pod[]>;
  /** Idempotent. Ordinals at or above `replicas` are stopped, highest first; the planner has drained them before. */
  apply(pool: BuilderPool, replicas: number, revision: string): Promise<void>;
  /** Stops that very instance; nothing when its uid is no longer this one. It drains within the grace period, then is killed. */
  deletePod(pool: string, name: string, uid: string, graceMs: number): Promise<void>;
  /** Called at each change of what `observe` would say. */
  onChange(listener: (pool: string) => void): void;
}
