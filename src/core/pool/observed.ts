import type { BuilderPool, BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import type { Explanation } from "./action.ts";
import type { Member } from "./builder/member.ts";

/** State of the listing of one repository and branch. */
export type ListingState = NonNullable<BuilderPoolStatus["listings"]>[number];

/** What plays StatefulSet was last told. */
export interface Workload {
  readonly replicas: number;
  /** Revision at which missing ordinals are started. */
  readonly revision: string;
}

/** How things stand where the builders of a pool run, besides what runs there. */
export interface WorkloadEnvironment {
  /** Image of the builders themselves, where they have one. */
  readonly program?: string;
  /** Why no builder of the pool can be started there, when so. */
  readonly refusal?: Refusal;
  /** Somebody changed what the workload was told, or the pool asks for something else by now than for replicas and a revision. */
  readonly isAstray?: boolean;
}

export type Refusal = Explanation & { readonly reason: "NameTaken" | "DefinitionInvalid" };

/** Everything the pool planner may know. Spans are measured by the operator's monotonic clock and begin at 0 with it. */
export interface ObservedPool {
  readonly pool: BuilderPool;
  /** As `join` made them. */
  readonly members: readonly Member[];
  /** Absent when it was told nothing yet. */
  readonly workload?: Workload;
  readonly environment?: WorkloadEnvironment;
  /** Untested pull requests that wait; absent when it is not known. */
  readonly waiting?: Waiting;
  readonly listings: readonly ListingState[];
  /** Why GitHub takes no statuses or comments of the pool until a person acts; absent when it takes them. */
  readonly refused?: string;
  readonly definitions: {
    readonly broken: readonly { readonly name: string; readonly message: string }[];
    /** Checks that an older pool owns. */
    readonly conflicts: readonly { readonly check: string; readonly owner: string }[];
  };
  /** Builds of which GitHub must still hear before a deleted pool may go; not counted in one that lives. */
  readonly unsettled: number;
  /** How long the deletion has been asked for; 0 when it has not. */
  readonly deletingFor: Milliseconds;
}

export interface Waiting {
  readonly queued: number;
  /** Since when the oldest waits. */
  readonly oldest?: string;
}
