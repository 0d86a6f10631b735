import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { Workload, WorkloadEnvironment } from "../../core/pool/observed.ts";

/**
 * Runs the pods of pools as a StatefulSet does (Parallel, OnDelete). A deleted or missing ordinal below `replicas`
 * starts again at the current revision.
 */
export interface Workloads {
  /**
   * The pool's current workload and pods. A pod of `knownUids` that is missing in the result is dead.
   * Rejects when the state cannot be read.
   */
  observe(pool: string, knownUids: ReadonlySet<string>): Promise<ObservedWorkload>;
  /** Conditions of the workload that affect the pool. `pools` are all pools. Rejects when the state cannot be read. */
  environment(pool: BuilderPool, pools: readonly BuilderPool[]): Promise<WorkloadEnvironment>;
  /**
   * Idempotent. Stops ordinals at or above `replicas`, highest first; the planner has drained them before. A rollback
   * or a paused update applies another revision than the spec's: the earlier template of that revision is used again.
   */
  apply(pool: BuilderPool, replicas: number, revision: string): Promise<void>;
  /** Stops the pod with this UID; does nothing for another UID. The pod may drain for the grace period. */
  deletePod(pool: string, name: string, uid: string, graceMs: number): Promise<void>;
  /** Calls `listener` at each change of the result of `observe`. */
  onChange(listener: (pool: string) => void): void;
}

export interface ObservedWorkload {
  /** The arguments of the last `apply`; absent before the first. */
  readonly workload?: Workload;
  readonly pods: readonly Pod[];
}

/** UIDs of the pods in the Builders' statuses. A host reports the UID of its account, which is no pod. */
export function podsHeardOf(builders: readonly Builder[]): ReadonlySet<string> {
  return new Set(builders.flatMap(({ spec, status }) => (spec.external ? [] : (status?.podUid ?? []))));
}
