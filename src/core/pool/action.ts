import type { BuilderSpec } from "../../api/objects/builder.ts";
import type { BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { PoolReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";

/** Why something is done: one word for machines, one sentence for people. */
export interface Explanation {
  readonly reason: PoolReason;
  readonly message: string;
}

/** What is done to the world, as data; the order in a plan is the order of execution. */
export type Operation =
  | { readonly do: "addFinalizer" }
  /** Creates the Builder, or replaces the fields of its spec that the operator owns. */
  | { readonly do: "applyBuilder"; readonly name: string; readonly spec: OwnedSpec }
  | { readonly do: "applyWorkload"; readonly replicas: number; readonly revision: string }
  /** Deletes that very instance; it drains within `graceMs`, then is killed. */
  | { readonly do: "deletePod"; readonly name: string; readonly uid: string; readonly graceMs: Milliseconds }
  | { readonly do: "deleteBuilder"; readonly name: string }
  /** Lets a deleted pool go. */
  | { readonly do: "removeFinalizer" };

export type Action = Operation & Explanation;

/** The part of a Builder's spec that the operator decides; people own the rest. */
export type OwnedSpec = Pick<BuilderSpec, "pool" | "desired" | "drainReason" | "workerIndex" | "poolSize" | "external">;

/** Something people want to read about afterwards. */
export interface PoolEvent extends Explanation {
  /** What it is about, as `Kind/name`. */
  readonly object: string;
}

export interface PoolPlan {
  readonly actions: readonly Action[];
  /** Written in one write, and only when it differs. */
  readonly status: BuilderPoolStatus;
  /** What is to be told of the conditions in it; of actions `eventOf` knows. */
  readonly events: readonly PoolEvent[];
  /** Look again after so long, though nothing was seen to change. */
  readonly requeueAfter?: Milliseconds;
  /** The plan in one sentence. */
  readonly because: string;
}

/** What is to be told of an action when it is done; undefined when it only brings an object up to date. */
export function eventOf(pool: string, action: Action): PoolEvent | undefined {
  if (action.reason === "AsDesired") return undefined;
  const object = "name" in action ? `Builder/${action.name}` : `BuilderPool/${pool}`;
  return { reason: action.reason, message: action.message, object };
}
