import type { Milliseconds } from "../../api/values/duration.ts";

/** A builder whose heartbeat was seen unchanged for so long has not started anything since: it asks for 60 s at most. */
export const suspectAfter: Milliseconds = 75_000;
/** So long that it has killed its own build, which it does after 15 minutes. */
export const lostAfter: Milliseconds = 930_000;

/** What the operator last saw of each heartbeat, and since when, on its own monotonic clock, it saw no other. */
export type HeartbeatAges = ReadonlyMap<string, Pulse>;

interface Pulse {
  /** Anything that changes with each beat; undefined before the first. */
  readonly beat: string | undefined;
  readonly since: Milliseconds;
}

/**
 * What is remembered after the heartbeats were read. Without a `before` (the operator has just started, or could not see for a while)
 * every age begins at 0: silence that nobody listened to proves nothing.
 */
export function observeHeartbeats(
  before: HeartbeatAges | undefined,
  beats: ReadonlyMap<string, string | undefined>,
  now: Milliseconds,
): HeartbeatAges {
  return new Map(
    [...beats].map(([name, beat]) => {
      const last = before?.get(name);
      return [name, last !== undefined && last.beat === beat ? last : { beat, since: now }];
    }),
  );
}

export type Liveness = "Alive" | "Suspect" | "Lost";

/** What a silence means. `isDead` is a death certificate: its pod is gone or its process ended; an unreachable node is none. */
export function livenessOf({
  silence,
  isDead,
}: {
  readonly silence: Milliseconds;
  readonly isDead: boolean;
}): Liveness {
  if (isDead || silence >= lostAfter) return "Lost";
  return silence >= suspectAfter ? "Suspect" : "Alive";
}

/** How long a builder has been silent; 0 for one that was not listened to. */
export function heartbeatAgeOf(pulses: HeartbeatAges, name: string, now: Milliseconds): Milliseconds {
  return now - (pulses.get(name)?.since ?? now);
}
