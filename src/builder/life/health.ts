import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { AttemptEnd } from "../work/attempt.ts";

/** What the last builds say about the builder itself. */
export interface Health {
  /** Infrastructure failures in a row, of any builds. */
  readonly failures: number;
  /** Whether the tool chain must prove itself before anything else is built. */
  readonly isSuspect: boolean;
}

export const healthy: Health = { failures: 0, isSuspect: false };

const suspectAfter = 3;
const firstPause = 5_000;
const longestPause = 5 * 60_000;

/** Ends that say nothing about the builder: put back on purpose, or the commit is gone. */
const innocent: ReadonlySet<InfrastructureReason> = new Set([
  "Drained",
  "Superseded",
  "Preempted",
  "CommitNotFound",
  "HeartbeatLost",
]);

/** Ends after which the next build may find nothing to be built with: the tool chain fails, or the cell has yet to be started again. */
const doubtful: ReadonlySet<InfrastructureReason> = new Set(["SelfTestFailed", "CellDied"]);

/** A verdict of any kind shows that the builder works. One broken builder reddens no pull request, and does not burn the queue either. */
export function healthAfter(health: Health, end: AttemptEnd): Health {
  if (end.kind === "Verdict") return healthy;
  if (end.kind === "NotClaimed" || innocent.has(end.reason)) return health;
  const failures = health.failures + 1;
  return { failures, isSuspect: doubtful.has(end.reason) || failures % suspectAfter === 0 };
}

/** How long a builder waits after failures in a row, though its tool chain is in order: the network or the log store may not be. */
export function pauseOf({ failures }: Health): number {
  return failures < suspectAfter ? 0 : Math.min(firstPause * 2 ** (failures - suspectAfter), longestPause);
}
