import { hasJumped, type Instant } from "../../core/liveness/heartbeat.ts";
import type { Clock } from "../../system/clock.ts";
import { type Candidate, createLeaderLease, type LeaderLease, type LeaseStore } from "./lease.ts";

/** A candidate takes a Lease not renewed for this long. A takeover takes at most this and two retries, 16 s. */
const durationMs = 12_000;
/** A leader gives up after this long without an acknowledged renewal, a third of the duration before a takeover. */
const deadlineMs = (durationMs * 2) / 3;
/** Between two attempts to acquire or renew the Lease, jittered down by up to a quarter. */
const retryMs = 2_000;

/**
 * Runs `work` each time this process acquires the Lease, until `signal` aborts. Then waits for the work and releases
 * the Lease. Returns when `work` returns, and rethrows its error.
 *
 * The signal of `work` aborts when the Lease is lost or may be lost, before another process can take the Lease. This
 * requires clocks of the same rate and a running process. After a suspension the stale versions of the former leader
 * make its writes fail.
 */
export async function runAsLeader(
  store: LeaseStore,
  candidate: Candidate,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const lease = createLeaderLease(store, candidate, durationMs);
  const { clock } = candidate;
  while (!signal.aborted) {
    const state = await lease.acquireOrRenew();
    if (state.holder === "Self") {
      const outcome = await lead(lease, candidate, state.since, work, signal);
      if (outcome === "done") return;
    }
    await pause(clock, signal);
  }
}

/**
 * Runs `work` and renews the Lease until the work returns. Aborted work may need time, so renewal continues after the
 * abort.
 */
async function lead(
  lease: LeaderLease,
  { clock, log, name, identity }: Candidate,
  since: Instant,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<"done" | "lost"> {
  log.info({ lease: name, identity }, "this process is now the leader");
  const lost = new AbortController();
  const done = new AbortController();
  let acknowledged = since;

  async function renew(): Promise<void> {
    for (;;) {
      await pause(clock, done.signal);
      if (done.signal.aborted) return;
      check(); // detects a suspended host before a renewal hides it
      const state = await lease.acquireOrRenew();
      if (state.holder === "Self") acknowledged = state.since;
      if (state.holder === "Other") lost.abort(new Error("another process has taken the lease"));
    }
  }

  /** Returns the milliseconds until the deadline. Aborts the work at the deadline, and if the age is unknown. */
  function check(): number {
    const left = deadlineMs - age(acknowledged, clock);
    if (left <= 0) lost.abort(new Error(`the lease was not renewed within ${deadlineMs / 1000} s`));
    return left;
  }

  async function watchDeadline(): Promise<void> {
    for (let left = check(); left > 0 && !done.signal.aborted; left = check())
      await clock.sleep(Math.min(left, retryMs), done.signal).catch(() => {});
  }

  const watching = watchDeadline();
  const renewing = renew();
  try {
    await work(AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    if (error !== lost.signal.reason) throw error; // aborted work may throw the reason of its signal
  } finally {
    done.abort();
    await Promise.all([watching, renewing]);
    if (!lost.signal.aborted) await lease.release();
  }
  if (!lost.signal.aborted) return "done";
  log.warn(
    { lease: name, identity, reason: String(lost.signal.reason) },
    "this process lost the leadership and competes for it again",
  );
  return "lost";
}

/** Milliseconds since the acknowledgement; infinite after a clock jump, since a suspended host cannot know the age. */
function age(acknowledged: Instant, clock: Clock): number {
  const now = { wall: clock.now(), monotonic: clock.monotonic() };
  return hasJumped(acknowledged, now) ? Number.POSITIVE_INFINITY : now.monotonic - acknowledged.monotonic;
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(retryMs * (1 - clock.random() / 4), signal).catch(() => {});
}
