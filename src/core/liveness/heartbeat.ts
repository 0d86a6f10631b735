import type { Milliseconds } from "../../api/values/duration.ts";

/** One instant on both clocks of a host. Instants of different hosts or boots must never be compared. */
export interface Instant {
  readonly wall: Milliseconds;
  readonly monotonic: Milliseconds;
}

/** Interval between two heartbeats of a builder. */
export const heartbeatInterval: Milliseconds = 15_000;
/** A builder starts no build if its last acknowledged heartbeat is older. */
export const startWithin: Milliseconds = 60_000;
/** A builder kills its build at this heartbeat age. The operator requeues the build 30 s later, at `lostAfter`. */
export const killAfter: Milliseconds = 15 * 60_000;

/** The two clocks of a host drift less than this between two heartbeats, unless the host was suspended. */
const driftTolerance: Milliseconds = 5_000;

/** Whether a builder may start a build now. `sent` is the send time of the last acknowledged heartbeat, if any. */
export function mayStart(sent: Instant | undefined, now: Instant): boolean {
  return sent !== undefined && age(sent, now) <= startWithin;
}

/** Whether a builder must kill its build, because the operator may already have requeued it. */
export function mustKill(sent: Instant | undefined, now: Instant): boolean {
  return sent === undefined || age(sent, now) > killAfter;
}

/** Milliseconds until `mustKill` by the monotonic clock, if no later heartbeat is acknowledged. */
export function killIn(sent: Instant | undefined, now: Instant): Milliseconds {
  return sent === undefined ? killAfter : Math.max(0, sent.monotonic + killAfter - now.monotonic) + 1;
}

/** Whether the host was suspended or its clock was set. The elapsed time is then unknown. */
export function hasJumped(before: Instant, now: Instant): boolean {
  return Math.abs(now.wall - before.wall - (now.monotonic - before.monotonic)) > driftTolerance;
}

/** An unknown age exceeds every limit. */
function age(sent: Instant, now: Instant): Milliseconds {
  return hasJumped(sent, now) ? Number.POSITIVE_INFINITY : now.monotonic - sent.monotonic;
}
