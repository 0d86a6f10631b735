import type { Milliseconds } from "../../api/values/duration.ts";

/** A builder with this heartbeat age starts no build, since it requires an age of at most 60 s. */
export const suspectAfter: Milliseconds = 75_000;
/** A builder with this heartbeat age has killed its own build, which it does after 15 minutes. */
export const lostAfter: Milliseconds = 930_000;

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
