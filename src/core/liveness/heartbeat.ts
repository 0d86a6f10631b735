import type { Milliseconds } from "../../api/values/duration.ts";

/** One instant on both of a host's clocks. Instants of different hosts, or of different boots, are never compared. */
export interface Instant {
  readonly wall: Milliseconds;
  readonly monotonic: Milliseconds;
}

/** A builder renews its heartbeat this often. */
export const heartbeatInterval: Milliseconds = 15_000;
/** Past this age of the last acknowledged heartbeat a builder starts nothing. */
export const startWithin: Milliseconds = 60_000;
/** Past this age a builder has killed its build: a little later the operator gives the build to somebody else. */
export const killAfter: Milliseconds = 15 * 60_000;

/** The clocks of a host drift apart by less than this between two heartbeats, unless it slept. */
const driftTolerance: Milliseconds = 5_000;

/** Whether a builder may start a build now. `sent` is when the last acknowledged heartbeat was *sent*, absent when none was. */
export function mayStart(sent: Instant | undefined, now: Instant): boolean {
  return sent !== undefined && age(sent, now) <= startWithin;
}

/** Whether a builder must kill what it builds, because it may already be somebody else's. */
export function mustKill(sent: Instant | undefined, now: Instant): boolean {
  return sent === undefined || age(sent, now) > killAfter;
}

/** Whether the host slept, or somebody set its clock: how much time passed is then not known. */
export function hasJumped(before: Instant, now: Instant): boolean {
  return Math.abs(now.wall - before.wall - (now.monotonic - before.monotonic)) > driftTolerance;
}

/** An age that cannot be known counts as past every limit. */
function age(sent: Instant, now: Instant): Milliseconds {
  return hasJumped(sent, now) ? Number.POSITIVE_INFINITY : now.monotonic - sent.monotonic;
}
