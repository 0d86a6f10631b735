/** Closed vocabularies: every reason that appears on an object, in an Event or a log line. One word for machines, a sentence beside it for people. */

/** Why a pull request must not be built now (Build `spec.blocked.reason`). */
export const blockedReasons = [
  "Untrusted",
  "Draft",
  "DefinitionError",
  "OwnedByAnotherPool",
  "CheckRemoved",
  "Closed",
  "PoolDeleted",
] as const;
export type BlockedReason = (typeof blockedReasons)[number];

/** Why an attempt ended without a verdict. Never the pull request's fault, never posted as red. */
export const infrastructureReasons = [
  "FetchFailed", // a mirror could not be brought up to date
  "CommitNotFound", // the commit is no longer on the remote: superseded by a force push, or not yet visible
  "ToolInstallFailed", // aliBuild could not be installed
  "SelfTestFailed", // compiler, git, rsync, python or aliBuild itself does not work here
  "DiskFull", // no space left on the work area
  "OutOfMemory", // the cell was killed for its memory
  "CellDied", // the cell ended without an outcome
  "DependencyFetchFailed", // aliBuild could not fetch sources or tarballs (its fetch log has entries)
  "LogStoreFailed", // logs could not be read or kept
  "BuilderLost", // the holder of the claim died
  "Drained", // the builder was drained and the build did not end in time
  "Superseded", // a newer commit, a closed pull request or a blocked one
  "Preempted", // a recheck gave way to untested work
  "HeartbeatLost", // the builder could not reach the store and stopped its own build
] as const;
export type InfrastructureReason = (typeof infrastructureReasons)[number];

/** Condition types of a BuilderPool. */
export const poolConditions = [
  "Available",
  "Progressing",
  "Stalled",
  "Covered",
  "Conflict",
  "GitHubReachable",
  "DefinitionsValid",
] as const;
export type PoolConditionType = (typeof poolConditions)[number];

/** Reasons of what the operator does to a pool; feed Events, logs and conditions alike. */
export const poolReasons = [
  "ScaledUp",
  "ScaledDown",
  "UpdateStarted",
  "UpdateFinished",
  "UpdateStalled",
  "UpdatePaused",
  "RolledBack",
  "BuilderRestarted",
  "BuilderDraining",
  "BuilderDrained",
  "BuilderJoined",
  "BuilderSuspect",
  "BuilderLost",
  "BuilderQuarantined",
  "BuilderReleased",
  "WarmupStuck",
  "PoolDeleted",
  "DefinitionInvalid",
  "CheckConflict",
  "NameTaken",
  "ListingStale",
  "ListingFresh",
  "AsDesired",
  "NoInstances",
  "NotEnoughReady",
  "AllReady",
  "Unknown",
] as const;
export type PoolReason = (typeof poolReasons)[number];
