/** Every reason that appears on an object, in an Event or a log line: one word for machines, a sentence of its own beside it for people. */

/** Why a pull request must not be built now (Build `spec.blocked.reason`). */
export const blockedReasons = {
  Untrusted: "Its author is not trusted, and nobody who counts has approved it",
  Draft: "It is a draft",
  DefinitionError: "The check is not well defined",
  OwnedByAnotherPool: "The check belongs to another pool",
  CheckRemoved: "The pool has this check no more; a verdict that GitHub lacks is still brought there",
  Closed: "The pull request is closed or merged; a verdict that GitHub lacks is still brought there",
  PoolDeleted: "The pool is being deleted",
} as const;
export type BlockedReason = keyof typeof blockedReasons;

/** Why an attempt ended without a verdict. Never the pull request's fault, never posted as red. */
export const infrastructureReasons = {
  FetchFailed: "A mirror could not be brought up to date",
  CommitNotFound: "The commit is not on the remote: superseded by a forced push, or not yet visible",
  ToolInstallFailed: "aliBuild could not be installed",
  SelfTestFailed: "Compiler, git, rsync, Python or aliBuild itself does not work there",
  DiskFull: "No space was left for the build, or for what it is built from",
  OutOfMemory: "The kernel killed a process of the build for its memory",
  CellDied: "The cell ended without an outcome: its container, or all of its pod, may have run out of memory",
  DependencyFetchFailed: "aliBuild could not fetch sources or tarballs",
  LogStoreFailed: "Logs could not be read or kept",
  BuilderLost: "The holder of the claim died, or was not heard of for too long",
  Drained: "The builder was drained, and the build did not end in time",
  Superseded: "A newer commit came, or the pull request was closed or blocked",
  Preempted: "A recheck gave way to an untested pull request",
  HeartbeatLost: "The builder could not reach the object store and stopped its own build",
} as const;
export type InfrastructureReason = keyof typeof infrastructureReasons;

/**
 * Condition types of a BuilderPool: what each says when it is True, which status is the one to have, and whether builders that start have yet
 * to bring it there: of what is awaited nobody need know, of everything else people do.
 */
export const poolConditions = {
  Available: {
    says: "As many builders are ready as `update.maxUnavailable` asks for, one at least; or none is wanted",
    well: "True",
    awaited: true,
  },
  Progressing: { says: "Builders start, roll or leave until they are as declared", well: undefined, awaited: true },
  Stalled: {
    says: "A builder does not get warm within `warmup.timeout`, so a roll does not go on; the others keep serving",
    well: "False",
    awaited: false,
  },
  Covered: { says: "Every pull request has a ready builder", well: "True", awaited: true },
  Conflict: {
    says: "A check belongs to another pool, or a name the pool needs is taken",
    well: "False",
    awaited: false,
  },
  GitHubReachable: {
    says: "Every repository was listed at the last attempt, and the credential may report; False keeps what is known, and deletes nothing",
    well: "True",
    awaited: false,
  },
  DefinitionsValid: {
    says: "Every check is well defined, and its pods can be made",
    well: "True",
    awaited: false,
  },
} as const satisfies Readonly<Record<string, { says: string; well: "True" | "False" | undefined; awaited: boolean }>>;
export type PoolConditionType = keyof typeof poolConditions;

/** Reasons of what happens to a pool and its builders; Events, logs and conditions share them. */
export const poolReasons = {
  ScaledUp: "Builders are started",
  ScaledDown: "Builders have no place any more, and leave once they have drained",
  UpdateStarted: "Builders go to another revision, one after the other",
  UpdateFinished: "All have it",
  UpdateStalled: "One does not get warm at the new revision, so the others keep the old one",
  UpdatePaused: "`update.paused` holds a change back",
  RolledBack: "The pool returned to the revision before, as `update.onStall` says",
  BuilderRestarted: "A builder's pod is deleted, to be started again",
  BuilderDraining: "A builder takes no new build, and ends the one it has",
  BuilderReleased: "A builder that drained may take builds again",
  BuilderSuspect: "A builder was not heard of for 75 s; what it had only claimed goes to others",
  BuilderLost: "A builder is certainly dead, or was not heard of for 930 s; its build goes to others",
  BuilderQuarantined:
    "A builder's tool chain fails its self-test, or its process crashes again and again, so it builds nothing for a while",
  WarmupStuck: "A builder does not get warm",
  PoolDeleted: "The builders drain, GitHub is put right, then the pool goes",
  DefinitionInvalid: "The pool or one of its checks makes no sense; the rest goes on",
  CheckConflict: "Another pool had the check before",
  NameTaken: "An object of a name that the pool needs belongs to somebody else, and is left alone",
  ListingStale: "Pull requests could not be listed",
  ListingFresh: "They could",
  ReportsRefused: "The credential may not write statuses, or comments; what it may not write waits until it may",
  AsDesired: "All is as it should be",
  NoInstances: "`instances` is 0",
  NotEnoughReady: "Fewer builders are ready than should be",
  AllReady: "All builders are ready",
  Unknown: "Nothing is known yet",
} as const;
export type PoolReason = keyof typeof poolReasons;

/** Those a person should look into: their Events are warnings. */
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
