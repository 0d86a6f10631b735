import { hasJumped, type Instant } from "../../core/liveness/heartbeat.ts";
import type { Clock } from "../../system/clock.ts";
import { type Candidate, createLeaderLease, type LeaderLease, type LeaseStore } from "./lease.ts";

/** A leader that a candidate has not seen renew for so long is replaced: a takeover takes this and two looks at most, 16 s. */
const durationMs = 12_000;
/** A leader that was not acknowledged for so long ceases to be one, a third of the duration before anybody can replace it. */
const deadlineMs = (durationMs * 2) / 3;
/** Between two looks at the Lease, jittered down by up to a quarter; the leader renews it at each. */
const lookMs = 2_000;

/**
 * Does `work` while this process holds the Lease, again each time it gets it, until `signal` aborts; then waits for the work to end and
 * gives the Lease back. The signal that work gets aborts when the Lease is lost or may be: before another process can have taken it, as
 * long as both clocks run equally fast and the process is not stopped, and then every write of its own is refused by its version. Work that
 * ends by itself ends it all, with its error if it has one.
 */
export async function runAsLeader(
  store: LeaseStore,
  candidate: Candidate,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const seat = createLeaderLease(store, candidate, durationMs);
  const { clock } = candidate;
  while (!signal.aborted) {
    const look = await seat.look();
    if (look.fate === "Ours") {
      const end = await reign(seat, candidate, look.since, work, signal);
      if (end === "done") return;
    }
    await pause(clock, signal);
  }
}

/** From taking the Lease to the end of the work; the Lease is renewed until then, as work that is told to end may take its time. */
async function reign(
  seat: LeaderLease,
  { clock, log, name, identity }: Candidate,
  since: Instant,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<"done" | "deposed"> {
  log.info({ lease: name, identity }, "this process leads");
  const deposed = new AbortController();
  const over = new AbortController();
  let acknowledged = since;

  async function renew(): Promise<void> {
    for (;;) {
      await pause(clock, over.signal);
      if (over.signal.aborted) return;
      check(); // a host that slept learns that it did before a renewal hides it
      const look = await seat.look();
      if (look.fate === "Ours") acknowledged = look.since;
      if (look.fate === "Theirs") deposed.abort(new Error("another process has taken the lease"));
    }
  }

  /** How much time is left; none, and the work is told to end, when it cannot be known. */
  function check(): number {
    const left = deadlineMs - age(acknowledged, clock);
    if (left <= 0) deposed.abort(new Error(`the lease was not renewed within ${deadlineMs / 1000} s`));
    return left;
  }

  async function guard(): Promise<void> {
    for (let left = check(); left > 0 && !over.signal.aborted; left = check())
      await clock.sleep(Math.min(left, lookMs), over.signal).catch(() => {});
  }

  const guarding = guard();
  const renewing = renew();
  try {
    await work(AbortSignal.any([signal, deposed.signal]));
  } catch (error) {
    if (error !== deposed.signal.reason) throw error; // work may end by throwing the reason it was told
  } finally {
    over.abort();
    await Promise.all([guarding, renewing]);
    if (!deposed.signal.aborted) await seat.release();
  }
  if (!deposed.signal.aborted) return "done";
  log.warn({ lease: name, identity, reason: String(deposed.signal.reason) }, "this process leads no longer");
  return "deposed";
}

/** How old the acknowledgement is; an age that cannot be known, as the host slept, is past every limit. */
function age(acknowledged: Instant, clock: Clock): number {
  const now = { wall: clock.now(), monotonic: clock.monotonic() };
  return hasJumped(acknowledged, now) ? Number.POSITIVE_INFINITY : now.monotonic - acknowledged.monotonic;
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(lookMs * (1 - clock.random() / 4), signal).catch(() => {});
}
