import type { BuildSpec, OtherStatus } from "../../api/objects/build.ts";
import type { BuilderPool, BuilderPoolStatus } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import type { Trial } from "../comparison/trials.ts";
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
  /** Builders are tasks of this process: fields of pods have no effect. */
  readonly isMachine?: boolean;
  /** Public address of the log service; absent on one machine. */
  readonly logsUrl?: string;
  /** Audience of the tokens that the log service accepts; absent on one machine. */
  readonly logsAudience?: string;
  /** The reason that no builder of the pool can start; absent if builders can start. */
  readonly refusal?: Refusal;
  /** Why the API server refuses new pods of the pool, in its own words; absent if no pod is missing. */
  readonly podRefusal?: string;
  /**
   * The applied objects differ from the pool's spec although replicas and revision match, for example after an edit by
   * hand.
   */
  readonly hasDrifted?: boolean;
}

/** The reason that no builder of a pool can start. */
export type Refusal = Explanation & { readonly reason: "NameTaken" | "DefinitionInvalid" | "SecretRefused" };

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
  /** Why actions of the plan failed just now; absent before they are carried out. */
  readonly failures?: readonly string[];
  readonly definitions: {
    readonly broken: readonly { readonly name: string; readonly message: string }[];
    /** Checks that an older pool owns. */
    readonly conflicts: readonly { readonly check: string; readonly owner: string }[];
  };
  /** Wanted builds that no ready builder would claim, each with the reason as a clause. */
  readonly uncovered?: readonly { readonly title: string; readonly reason: string }[];
  /** Verdicts of this pool beside other verdicts on the same commits. */
  readonly comparisons?: readonly NonNullable<BuilderPoolStatus["comparisons"]>[number][];
  /** Verdicts of canaries beside loud verdicts of this pool. Absent without `update.canary`. */
  readonly trials?: readonly Trial[];
  /** The newest status of another writer on a loud check of the pool, and the number of such pull requests. */
  readonly otherWriter?: { readonly build: BuildSpec; readonly status: OtherStatus; readonly count: number };
  /** Version of the operator, which the versions of hosts must fit; absent for a reader that judges no version. */
  readonly version?: string;
  /** Hosts in `spec.external.names` that another pool has. */
  readonly takenHosts?: readonly TakenHost[];
  /** Builds with a status that must reach GitHub before the pool is deleted; 0 unless the pool is being deleted. */
  readonly unsettled: number;
  /** Time since the deletion was requested; 0 without a request. */
  readonly deletingFor: Milliseconds;
  /** Builders with a claim on a Build of the pool; absent unless the pool is being deleted. */
  readonly holders?: ReadonlySet<string>;
  /** Time since the last Builder of a host was deleted; absent unless a pool with hosts is being deleted. */
  readonly withoutHostsFor?: Milliseconds;
}

/** The queue of untested pull requests. */
export interface Waiting {
  readonly queued: number;
  /** Start of the longest wait. */
  readonly oldest?: string;
}

/** A host in `spec.external.names` that another pool has. */
export interface TakenHost {
  readonly name: string;
  /** The other pool. */
  readonly owner: string;
}
