import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { onPurpose } from "../../core/build/trouble.ts";
import type { AttemptEnd } from "../work/attempt.ts";

/** Health of the builder, derived from its last builds. */
export interface Health {
  /** Infrastructure failures in a row, over all builds. */
  readonly failures: number;
  /** Whether the self-test must pass before the next build. */
  readonly isSuspect: boolean;
}

export const healthy: Health = { failures: 0, isSuspect: false };

const suspectAfter = 3;
const backoff = { firstMs: 5_000, maxMs: 5 * 60_000 };

/** Failure reasons that do not count against the builder: a deliberate release, a commit that is gone, or a check
 * that can test nothing anywhere. */
const neutralReasons: ReadonlySet<InfrastructureReason> = new Set([
  ...onPurpose,
  "CommitNotFound",
  "BaseBroken",
  "NothingBuilt",
  "SecondOpinion",
  "HeartbeatLost",
]);

/**
 * Failure reasons that require a self-test at once: the tool chain fails, the cell has not restarted yet, or the build
 * may have broken the builder. The retry rules count on this test. It cannot prove that a disk is large enough, so a
 * full disk requires none.
 */
const suspectReasons: ReadonlySet<InfrastructureReason> = new Set([
  "SelfTestFailed",
  "CellDied",
  "OutOfMemory",
  "HeartbeatLost",
]);

/**
 * The health after an attempt. Any verdict shows that the builder works. A broken builder must neither fail pull
 * requests nor drain the queue.
 */
export function healthAfter(health: Health, end: AttemptEnd): Health {
  if (end.kind === "Verdict") return healthy;
  if (end.kind === "NotClaimed") return health;
  const isSuspect = suspectReasons.has(end.reason);
  if (neutralReasons.has(end.reason)) return isSuspect ? { ...health, isSuspect } : health;
  const failures = health.failures + 1;
  return { failures, isSuspect: isSuspect || failures % suspectAfter === 0 };
}

/**
 * Milliseconds to wait after failures in a row. Even with a working tool chain, the network or the log store may be
 * down.
 */
export function pauseOf({ failures }: Health): number {
  return backoffDelay(backoff, failures - suspectAfter + 1);
}
