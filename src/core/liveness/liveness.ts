import type { Milliseconds } from "../../api/values/duration.ts";

/** A builder with this heartbeat age starts no build, since it requires an age of at most 60 s. */
export const suspectAfter: Milliseconds = 75_000;
/** A builder with this heartbeat age has killed its own build, which it does after 15 minutes. */
export const lostAfter: Milliseconds = 930_000;

/** The last observed heartbeat of each builder, with its first observation on the operator's monotonic clock. */
export type HeartbeatAges = ReadonlyMap<string, ObservedHeartbeat>;

interface ObservedHeartbeat {
  /** A value that changes with each heartbeat; undefined before the first. */
  readonly heartbeat: string | undefined;
  readonly since: Milliseconds;
}

/**
 * Updates the ages with the heartbeats just read. Without `before` every age starts at 0: after a start, or after a gap
 * in its watch, the operator has no evidence of silence.
 */
export function observeHeartbeats(
  before: HeartbeatAges | undefined,
  heartbeats: ReadonlyMap<string, string | undefined>,
  now: Milliseconds,
): HeartbeatAges {
  return new Map(
    [...heartbeats].map(([name, heartbeat]) => {
      const last = before?.get(name);
      return [name, last !== undefined && last.heartbeat === heartbeat ? last : { heartbeat, since: now }];
    }),
  );
}

/** The operator's judgement of a builder. */
export type Liveness = "Alive" | "Suspect" | "Lost";

/**
 * The liveness of a builder. `isDead` needs proof: its pod is gone or its process exited. An unreachable node is no
 * proof.
 */
export function livenessOf({
  heartbeatAge,
  isDead,
}: {
  readonly heartbeatAge: Milliseconds;
  readonly isDead: boolean;
}): Liveness {
  if (isDead || heartbeatAge >= lostAfter) return "Lost";
  return heartbeatAge >= suspectAfter ? "Suspect" : "Alive";
}

/** The time since the last new heartbeat of a builder; 0 for an unknown builder. */
export function heartbeatAgeOf(ages: HeartbeatAges, name: string, now: Milliseconds): Milliseconds {
  return now - (ages.get(name)?.since ?? now);
}
