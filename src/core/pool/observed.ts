import type { BuilderPool, BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import type { Explanation } from "./action.ts";
import type { Member } from "./builder/member.ts";

/** State of the listing of one repository and branch. */
export type ListingState = NonNullable<BuilderPoolStatus["listings"]>[number];

/** The last size and revision that the operator applied: of a StatefulSet, or of its counterpart on one machine. */
export interface Workload {
  readonly replicas: number;
  /** Revision at which missing ordinals start. */
  readonly revision: string;
}

/** Facts about the place where the builders of a pool run, apart from the builders. */
export interface WorkloadEnvironment {
  /** Image of the builder program; absent on one machine. */
  readonly program?: string;
  /** Public address of the log service; absent on one machine. */
  readonly logsUrl?: string;
  /** The reason that no builder of the pool can start; absent if builders can start. */
  readonly refusal?: Refusal;
  /**
   * The applied objects differ from the pool's spec although replicas and revision match, for example after an edit by
   * hand.
   */
  readonly hasDrifted?: boolean;
}

/** The reason that no builder of a pool can start. */
export type Refusal = Explanation & { readonly reason: "NameTaken" | "DefinitionInvalid" };

/**
 * The complete input of the pool planner. Spans come from the operator's monotonic clock and restart at 0 with the
 * operator.
 */
export interface ObservedPool {
  readonly pool: BuilderPool;
  /** The result of `membersOf`. */
  readonly members: readonly Member[];
  /** Absent before the first apply. */
  readonly workload?: Workload;
  readonly environment?: WorkloadEnvironment;
  /** Untested pull requests that wait; absent if the number is unknown. */
  readonly waiting?: Waiting;
  readonly listings: readonly ListingState[];
  /**
   * GitHub's reason to refuse statuses or comments of the pool, until a person acts. Absent while GitHub accepts them.
   */
  readonly refused?: string;
  readonly definitions: {
    readonly broken: readonly { readonly name: string; readonly message: string }[];
    /** Checks that an older pool owns. */
    readonly conflicts: readonly { readonly check: string; readonly owner: string }[];
  };
  /** Builds with a status that must reach GitHub before the pool is deleted; 0 unless the pool is being deleted. */
  readonly unsettled: number;
  /** Time since the deletion was requested; 0 without a request. */
  readonly deletingFor: Milliseconds;
}

/** The queue of untested pull requests. */
export interface Waiting {
  readonly queued: number;
  /** Start of the longest wait. */
  readonly oldest?: string;
}
