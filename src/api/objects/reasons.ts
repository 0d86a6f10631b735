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
  BaseBroken:
    "The base branch alone cannot be built here: `aliBuild doctor` refuses its recipes, or a package without the change fails.",
  NothingBuilt: "aliBuild reported success, but the package of the check was not built from the pull request.",
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
  SecondOpinion:
    "The builder gave three red verdicts in a row, so it gives no further red verdict before another opinion.",
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
    meaning:
      "Enough builders are ready for `update.maxUnavailable`, at least one. Also True if the pool wants no builder. Builders that a person drained are not missed.",
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
      "A builder did not become ready within `warmup.timeout`, or a canary disagrees or has too few verdicts, so the rollout has stopped. The other builders continue to build. Also True while the whole pool is refused.",
    healthy: "False",
    awaited: false,
  },
  Covered: {
    meaning:
      "For every wanted, unblocked build there is a ready loud builder that claims it when idle, at once or after `patience`.",
    healthy: "True",
    awaited: true,
  },
  Conflict: {
    meaning:
      "A check or an outside host belongs to another pool, another program writes the statuses of a check, or another object has a name that the pool needs.",
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
  BasesUsable: {
    meaning:
      "The base branches of every check can be built alone. While False, pull requests wait or are built with the last good base, and none becomes red for it.",
    healthy: "True",
    awaited: false,
  },
  Ready: {
    meaning:
      "The pool is valid, in no conflict, not stalled and available. Repeats the most severe problem, for Flux, Argo CD and `helm --wait`.",
    healthy: "True",
    awaited: true,
  },
  Reconciling: {
    meaning: "Equal to `Progressing`, for Flux and Argo CD.",
    healthy: undefined,
    awaited: true,
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
  CanaryRunning: "The first updated builders build shadows until enough verdicts agree with the loud builders.",
  CanaryDisagrees:
    "A canary and the loud builders gave different results for one commit, and the loud result was confirmed.",
  CanaryTimeout: "A canary has too few agreeing verdicts after `update.canary.timeout`.",
  RolledBack: "The pool returned to the previous revision, as `update.onStall` requires.",
  BudgetUsed:
    "A builder waits to be restarted, updated or removed, because too many others are out of service. The message names them.",
  HostAwaited: "An outside host of the pool has not joined. The message has the command that lets it join.",
  HostUnsupported:
    "The version of an outside host does not work with the operator. The host drains until its agent is updated.",
  BuilderRestarted: "The pod of a builder is deleted, so that the builder restarts.",
  BuilderDraining: "A builder claims no new build and finishes its running build.",
  BuilderReleased: "A drained builder may claim builds again.",
  BuilderSuspect: "No heartbeat of a builder for 75 s. Builds that it only claimed are requeued.",
  BuilderLost: "A builder is dead, or had no heartbeat for 930 s. Its running build is requeued.",
  BuilderQuarantined:
    "The tool chain of a builder fails its self-test, or its process crashes repeatedly. The builder pauses.",
  WarmupStuck: "The warm-up of a builder makes no progress.",
  AccountRenewed:
    "Two machines used the account of one host. The account is renewed, so both are cut off. The message says how to join again.",
  PoolDeleted: "The pool is deleted after its builders drained and pending statuses on GitHub were corrected.",
  DefinitionInvalid: "The pool or one of its checks is invalid. Valid checks continue.",
  SecretRefused:
    "A Secret has no label `ci.alice.cern.ch/use` for this use, or does not exist. No pod of the pool is created or changed.",
  CheckConflict: "An older pool has the same check.",
  OtherWriter: "Another installation or program writes statuses of a check of the pool.",
  NameTaken: "An object with a name that the pool needs exists and has another owner. The operator does not touch it.",
  HostTaken: "Another pool has an outside host of the pool. The pool works without this host.",
  ListingStale: "Pull requests could not be listed.",
  ListingFresh: "Pull requests were listed.",
  BaseBroken: "A base branch alone cannot be built, for example because its recipes do not parse.",
  NothingBuilt: "aliBuild builds nothing for a check, so the check can test no pull request.",
  ReportsRefused:
    "The credential may not write statuses or comments, or has lost access to a repository. The reporter keeps them and retries every five minutes.",
  ApplyFailed:
    "The operator could not write an object of the pool. The message has the error, and the write is retried.",
  AsDesired: "The pool matches its spec.",
  AllDrained:
    "A person drained every builder of the pool. None is missed, and the pool builds nothing until one is back.",
  NoInstances: "`instances` is 0, and the pool names no outside host.",
  Uncovered: "No ready builder would claim a wanted build.",
  NotEnoughReady: "Fewer builders are ready than the pool needs.",
  AllReady: "All builders are ready.",
  Unknown: "Nothing was observed yet.",
} as const;
/** Reason for a change of a pool or its builders. */
export type PoolReason = keyof typeof poolReasons;

/** Reasons that a person should look into. Their Events have type Warning. */
export const poolWarnings: ReadonlySet<PoolReason> = new Set([
  "UpdateStalled",
  "CanaryDisagrees",
  "CanaryTimeout",
  "RolledBack",
  "BuilderSuspect",
  "BuilderLost",
  "BuilderQuarantined",
  "WarmupStuck",
  "AccountRenewed",
  "DefinitionInvalid",
  "SecretRefused",
  "CheckConflict",
  "OtherWriter",
  "NameTaken",
  "HostTaken",
  "HostUnsupported",
  "ListingStale",
  "BaseBroken",
  "NothingBuilt",
  "ReportsRefused",
  "ApplyFailed",
  "NotEnoughReady",
  "Uncovered",
]);
