import type { BuilderSpec } from "../../api/objects/builder.ts";
import type { BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { PoolReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";

/** The reason of an action, condition or Event: one word for programs and one sentence for people. */
export interface Explanation {
  readonly reason: PoolReason;
  readonly message: string;
}

/** One write of the operator, as data. A plan lists operations in the order of execution. */
export type Operation =
  | { readonly do: "addFinalizer" }
  /** Creates the Builder, or replaces the fields of its spec that the operator owns. */
  | { readonly do: "applyBuilder"; readonly name: string; readonly spec: OwnedSpec }
  | { readonly do: "applyWorkload"; readonly replicas: number; readonly revision: string }
  /** Deletes the pod with this UID. The pod has `graceMs` to drain before it is killed. */
  | { readonly do: "deletePod"; readonly name: string; readonly uid: string; readonly graceMs: Milliseconds }
  | { readonly do: "deleteBuilder"; readonly name: string }
  /** Completes the deletion of the pool. */
  | { readonly do: "removeFinalizer" };

/** An operation with its explanation. */
export type Action = Operation & Explanation;

/** The fields of a Builder's spec that the operator owns. People own the other fields. */
export type OwnedSpec = Pick<
  BuilderSpec,
  "pool" | "desired" | "drainReason" | "workerIndex" | "poolSize" | "external" | "revision" | "end"
>;

/** A Kubernetes Event about a pool or a builder. */
export interface PoolEvent extends Explanation {
  /** The object of the Event, as `Kind/name`. */
  readonly object: string;
}

/** The result of one planning step. */
export interface PoolPlan {
  readonly actions: readonly Action[];
  /** Written in a single write, and only if the status differs from the stored one. */
  readonly status: BuilderPoolStatus;
  /** Events about changed conditions. `eventOf` returns the Event of an action. */
  readonly events: readonly PoolEvent[];
  /** Plan again after this time, even if no change is observed. */
  readonly requeueAfter?: Milliseconds;
  /** Summary of the plan, in one sentence. */
  readonly because: string;
}

/** The Event of a completed action; undefined if the action only brings an object up to date. */
export function eventOf(pool: string, action: Action): PoolEvent | undefined {
  if (action.reason === "AsDesired") return undefined;
  const object = "name" in action ? `Builder/${action.name}` : `BuilderPool/${pool}`;
  return { reason: action.reason, message: action.message, object };
}
