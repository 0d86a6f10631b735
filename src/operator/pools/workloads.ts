import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { Workload, WorkloadEnvironment } from "../../core/pool/observed.ts";

/** What plays StatefulSet: Parallel, OnDelete. A deleted or missing ordinal below `replicas` is started again at the current revision. */
export interface Workloads {
  /**
   * What there is now. `heardOf` are the UIDs of pods that the caller knows from elsewhere: one that is missing in the answer is dead.
   * Rejects when that cannot be found out.
   */
  observe(pool: string, heardOf: ReadonlySet<string>): Promise<ObservedWorkload>;
  /** How things stand there besides, of one among all `pools`; rejects when that cannot be found out. */
  environment(pool: BuilderPool, pools: readonly BuilderPool[]): Promise<WorkloadEnvironment>;
  /**
   * Idempotent. Ordinals at or above `replicas` are stopped, highest first; the planner has drained them before. At a revision that
   * is not the one of the pool's spec (a rollback, a paused update) the template applied under it before is used again.
   */
  apply(pool: BuilderPool, replicas: number, revision: string): Promise<void>;
  /** Stops that very instance; nothing when its uid is no longer this one. It drains within the grace period, then is killed. */
  deletePod(pool: string, name: string, uid: string, graceMs: number): Promise<void>;
  /** Called at each change of what `observe` would say. */
  onChange(listener: (pool: string) => void): void;
}

export interface ObservedWorkload {
  /** What `apply` was last told; absent when it was told nothing yet. */
  readonly workload?: Workload;
  readonly pods: readonly Pod[];
}

/** The pods that Builders speak for. */
export function podsHeardOf(builders: readonly Builder[]): ReadonlySet<string> {
  return new Set(builders.flatMap(({ status }) => status?.podUid ?? []));
}
