import type { Milliseconds } from "../../api/values/duration.ts";
import { hasJumped, type Instant } from "../liveness/heartbeat.ts";

const day: Milliseconds = 24 * 60 * 60_000;
/** Between two looks of an awake process lie 15 s. */
const longestGap: Milliseconds = 60_000;

/** The lifetime of a token, in milliseconds since 1970, by the clock of the server. */
export interface Lifetime {
  readonly issuedAt: Milliseconds;
  readonly expiresAt: Milliseconds;
}

/**
 * Whether a token must be renewed now. It must after the start of the process, once a day, after a third of a short
 * lifetime, and after a sleep of the machine. `renewed` is the last renewal of this process, `looked` the last look.
 */
export function mustRenew(
  { issuedAt, expiresAt }: Lifetime,
  renewed: Instant | undefined,
  looked: Instant | undefined,
  now: Instant,
): boolean {
  if (renewed === undefined || looked === undefined || hasSlept(looked, now)) return true;
  const every = Math.min(day, (expiresAt - issuedAt) / 3);
  return Math.max(now.monotonic - renewed.monotonic, now.wall - renewed.wall) >= every;
}

/**
 * Whether the machine slept, or its clock was set, between two looks. Some systems count a sleep in
 * their monotonic clock, and others do not.
 */
export function hasSlept(before: Instant, now: Instant): boolean {
  return hasJumped(before, now) || now.monotonic - before.monotonic > longestGap;
}
