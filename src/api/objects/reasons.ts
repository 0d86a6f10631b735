/**
 * Every reason on an object, in an Event or in a log line. A reason is one word for machines. The sentence beside it is
 * the entry of the reference page.
 */

/** Reasons why a pull request must not be built now (Build `spec.blocked.reason`). */
export const blockedReasons = {
  Untrusted: "The author is not trusted, and no review that counts has approved the pull request.",
  Draft: "The pull request is a draft.",
  DefinitionError: "The definition of the check is invalid.",
  OwnedByAnotherPool: "The check belongs to another pool.",
  CheckRemoved: "The pool no longer has this check. A verdict that GitHub does not have yet is still published.",
  Closed: "The pull request is closed or merged. A verdict that GitHub does not have yet is still published.",
  PoolDeleted: "The pool is being deleted.",
} as const;
/** Reason why a pull request must not be built now. */
export type BlockedReason = keyof typeof blockedReasons;

/** Reasons why an attempt ended without a verdict. The pull request is not the cause, so no red status is published. */
export const infrastructureReasons = {
  FetchFailed: "A git mirror could not be updated.",
  CommitNotFound: "The remote does not have the commit: a forced push replaced it, or it is not visible yet.",
  ToolInstallFailed: "aliBuild could not be installed.",
  SelfTestFailed: "The compiler, git, rsync, Python or aliBuild itself does not work on the builder.",
  DiskFull: "The disk had no space for the build or its sources.",
  OutOfMemory: "The kernel killed a process of the build because memory ran out.",
  CellDied: "The cell exited without an outcome. Its container or its pod may have run out of memory.",
  DependencyFetchFailed: "aliBuild could not fetch sources or tarballs.",
  LogStoreFailed: "Logs could not be read or stored.",
  BuilderLost: "The builder that held the claim died, or its heartbeat stopped for too long.",
  Drained: "The builder was drained, and the build did not finish in time.",
  Superseded: "A newer commit was pushed, or the pull request was closed or blocked.",
  Preempted: "A recheck was stopped in favour of an untested pull request.",
  HeartbeatLost: "The builder could not reach the object store and stopped its own build.",
} as const;
/** Reason why an attempt ended without a verdict. */
export type InfrastructureReason = keyof typeof infrastructureReasons;

/** Facts about one condition type of a BuilderPool. */
interface PoolCondition {
  /** Meaning of status True. */
  readonly meaning: string;
  /** Status of a healthy pool; undefined when both are healthy. */
  readonly healthy: "True" | "False" | undefined;
  /** Whether starting builders reach the healthy status without help. If not, people are alerted. */
  readonly awaited: boolean;
}

/** Condition types of a BuilderPool. */
export const poolConditions = {
  Available: {
    meaning: "Enough builders are ready for `update.maxUnavailable`, at least one; or `instances` is 0.",
    healthy: "True",
    awaited: true,
  },
  Progressing: {
    meaning: "Builders start, update or leave until the pool matches its spec.",
    healthy: undefined,
    awaited: true,
  },
  Stalled: {
    meaning:
      "A builder did not become ready within `warmup.timeout`, so the rollout has stopped. The other builders continue to build.",
    healthy: "False",
    awaited: false,
  },
  Covered: { meaning: "Every pull request has a ready builder.", healthy: "True", awaited: true },
  Conflict: {
    meaning: "A check belongs to another pool, or another object has a name that the pool needs.",
    healthy: "False",
    awaited: false,
  },
  GitHubReachable: {
    meaning:
      "The last listing of every repository succeeded, and the credential may write statuses. While False, the known queue is kept and nothing is deleted.",
    healthy: "True",
    awaited: false,
  },
  DefinitionsValid: {
    meaning: "Every check is valid, and the pods of the pool can be created.",
    healthy: "True",
    awaited: false,
  },
} as const satisfies Readonly<Record<string, PoolCondition>>;
/** Type of a condition of a BuilderPool. */
export type PoolConditionType = keyof typeof poolConditions;

/** Reasons for changes of a pool and its builders. Events, log lines and conditions share them. */
export const poolReasons = {
  ScaledUp: "Builders are started.",
  ScaledDown: "The pool needs fewer builders. The surplus builders drain and are then deleted.",
  UpdateStarted: "Builders are updated to another revision, step by step.",
  UpdateFinished: "All builders have the new revision.",
  UpdateStalled: "A builder with the new revision does not become ready. The other builders keep the old revision.",
  UpdatePaused: "`update.paused` holds an update back.",
  RolledBack: "The pool returned to the previous revision, as `update.onStall` requires.",
  BuilderRestarted: "The pod of a builder is deleted, so that the builder restarts.",
  BuilderDraining: "A builder claims no new build and finishes its running build.",
  BuilderReleased: "A drained builder may claim builds again.",
  BuilderSuspect: "No heartbeat of a builder for 75 s. Builds that it only claimed are requeued.",
  BuilderLost: "A builder is dead, or had no heartbeat for 930 s. Its running build is requeued.",
  BuilderQuarantined:
    "The tool chain of a builder fails its self-test, or its process crashes repeatedly. The builder pauses.",
  WarmupStuck: "The warm-up of a builder makes no progress.",
  PoolDeleted: "The pool is deleted after its builders drained and pending statuses on GitHub were corrected.",
  DefinitionInvalid: "The pool or one of its checks is invalid. Valid checks continue.",
  CheckConflict: "An older pool has the same check.",
  NameTaken: "An object with a name that the pool needs exists and has another owner. The operator does not touch it.",
  ListingStale: "Pull requests could not be listed.",
  ListingFresh: "Pull requests were listed.",
  ReportsRefused:
    "The credential may not write statuses or comments. The reporter keeps them until the credential may write.",
  AsDesired: "The pool matches its spec.",
  NoInstances: "`instances` is 0.",
  NotEnoughReady: "Fewer builders are ready than the pool needs.",
  AllReady: "All builders are ready.",
  Unknown: "Nothing was observed yet.",
} as const;
/** Reason for a change of a pool or its builders. */
export type PoolReason = keyof typeof poolReasons;

/** Reasons that a person should look into. Their Events have type Warning. */
export const poolWarnings: ReadonlySet<PoolReason> = new Set([
  "UpdateStalled",
  "RolledBack",
  "BuilderSuspect",
  "BuilderLost",
  "BuilderQuarantined",
  "WarmupStuck",
  "DefinitionInvalid",
  "CheckConflict",
  "NameTaken",
  "ListingStale",
  "ReportsRefused",
  "NotEnoughReady",
]);
