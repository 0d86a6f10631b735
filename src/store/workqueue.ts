import type { Clock } from "../system/clock.ts";

export interface WorkqueueOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep" | "random">;
  /** Keys handled at once; never the same key twice. */
  readonly concurrency: number;
  /** Handles a key; the number is when to handle it again, in milliseconds. `signal` is the one `run` got. */
  readonly handle: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  /** Told about each failure of `handle` and the pause before the key's next turn. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  readonly backoff?: Backoff;
}

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface AddOptions {
  readonly afterMs?: number;
  /** Higher goes first among the keys that are due; 0 when not given. */
  readonly priority?: number;
}

export interface Workqueue {
  /** Wants `key` handled. A key that waits already keeps one place: the earlier time and the higher priority. */
  add(key: string, options?: AddOptions): void;
  /** Handles keys until `signal` aborts, and returns when the last handler in flight has ended. */
  run(signal: AbortSignal): Promise<void>;
  /** Keys that wait, whether due or not; those in flight are not among them. */
  size(): number;
}

interface Waiting {
  readonly key: string;
  readonly dueAt: number;
  readonly priority: number;
  /** Earlier wishes first, among equals. */
  readonly turn: number;
}

/** Timers cannot wait longer than 24 days; an hour is as good. */
const longestSleepMs = 3_600_000;

/**
 * Keys to work on, each at most once at a time. A wish that comes while its key is in flight is kept for afterwards. A handler that
 * fails is called again with exponential backoff, jittered down to half; an ordinary wish does not wait for the backoff's end.
 * Picking scans all waiting keys: 50 µs a key while 5,000 wait, so thousands are fine and millions are not.
 */
export function createWorkqueue({
  clock,
  concurrency,
  handle,
  onError,
  backoff = { firstMs: 500, maxMs: 300_000 },
}: WorkqueueOptions): Workqueue {
  const waiting = new Map<string, Waiting>();
  const inFlight = new Map<string, Promise<void>>();
  const failures = new Map<string, number>();
  let turn = 0;
  let wake = () => {};

  function add(key: string, { afterMs = 0, priority = 0 }: AddOptions = {}): void {
    const dueAt = clock.monotonic() + Math.max(0, afterMs);
    const before = waiting.get(key);
    turn += 1;
    waiting.set(key, {
      key,
      dueAt: Math.min(dueAt, before?.dueAt ?? dueAt),
      priority: Math.max(priority, before?.priority ?? priority),
      turn: before?.turn ?? turn,
    });
    wake();
  }

  function next(now: number): Waiting | undefined {
    let best: Waiting | undefined;
    for (const item of waiting.values())
      if (item.dueAt <= now && !inFlight.has(item.key) && (best === undefined || goesBefore(item, best))) best = item;
    return best;
  }

  async function work({ key, priority }: Waiting, signal: AbortSignal): Promise<void> {
    try {
      const afterMs = await handle(key, signal);
      failures.delete(key);
      if (afterMs !== undefined) add(key, { afterMs, priority });
    } catch (error) {
      if (signal.aborted) return;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const retryInMs = pause(backoff, count) * (1 - clock.random() / 2);
      add(key, { afterMs: retryInMs, priority });
      onError(key, error, retryInMs);
    }
  }

  function startDue(signal: AbortSignal): void {
    while (inFlight.size < concurrency) {
      const item = next(clock.monotonic());
      if (item === undefined) return;
      waiting.delete(item.key);
      const flight = work(item, signal).finally(() => {
        inFlight.delete(item.key);
        wake();
      });
      inFlight.set(item.key, flight);
    }
  }

  /** Until something was added or has ended, the next key is due, or the run is stopped. */
  async function change(): Promise<void> {
    const rest = new AbortController();
    wake = () => rest.abort();
    await clock.sleep(untilDue(), rest.signal).catch(() => {});
  }

  function untilDue(): number {
    let dueAt = Number.POSITIVE_INFINITY;
    if (inFlight.size < concurrency)
      for (const item of waiting.values()) if (!inFlight.has(item.key)) dueAt = Math.min(dueAt, item.dueAt);
    return Math.min(longestSleepMs, Math.max(0, dueAt - clock.monotonic()));
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stop = () => wake();
    signal.addEventListener("abort", stop);
    while (!signal.aborted) {
      startDue(signal);
      await change();
    }
    signal.removeEventListener("abort", stop);
    await Promise.all(inFlight.values());
  }

  return { add, run, size: () => waiting.size };
}

function goesBefore(a: Waiting, b: Waiting): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt;
  return a.turn < b.turn;
}

function pause({ firstMs, maxMs }: Backoff, failures: number): number {
  return Math.min(maxMs, firstMs * 2 ** (failures - 1));
}
