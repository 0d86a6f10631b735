import { setImmediate as breathe } from "node:timers/promises";
import { type Backoff, backoffDelay } from "../../system/backoff.ts";
import type { Clock } from "../../system/clock.ts";
import { createHeap } from "./heap.ts";

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

/** After so many steps in one go other work of the process gets its turn: handlers that need not wait for anything would keep it from that. */
const stepsInOneGo = 64;

/**
 * Keys to work on, each at most once at a time. A wish that comes while its key is in flight is kept for afterwards. A handler that
 * fails is called again with exponential backoff, jittered down to half; an ordinary wish does not wait for the backoff's end.
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
  /** What waits and is not in flight, by time and, once that has come, by rank. What a later wish replaced is passed over. */
  const later = createHeap<Waiting>((a, b) => a.dueAt < b.dueAt);
  const due = createHeap<Waiting>(goesBefore);
  let turn = 0;
  let wake = () => {};

  function add(key: string, { afterMs = 0, priority = 0 }: AddOptions = {}): void {
    const dueAt = clock.monotonic() + Math.max(0, afterMs);
    const before = waiting.get(key);
    if (before !== undefined && before.dueAt <= dueAt && before.priority >= priority) return;
    turn += 1;
    const item = {
      key,
      dueAt: Math.min(dueAt, before?.dueAt ?? dueAt),
      priority: Math.max(priority, before?.priority ?? priority),
      turn: before?.turn ?? turn,
    };
    waiting.set(key, item);
    if (!inFlight.has(key)) later.push(item);
    wake();
  }

  function next(): Waiting | undefined {
    const now = clock.monotonic();
    for (let item = later.first(); item !== undefined && item.dueAt <= now; item = later.first()) {
      later.shift();
      due.push(item);
    }
    for (let item = due.first(); item !== undefined; item = due.first()) {
      due.shift();
      if (waiting.get(item.key) === item) return item;
    }
    return undefined;
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
      const retryInMs = backoffDelay(backoff, count, clock.random);
      add(key, { afterMs: retryInMs, priority });
      onError(key, error, retryInMs);
    }
  }

  function start(item: Waiting, signal: AbortSignal): void {
    const { key } = item;
    waiting.delete(key);
    const flight = work(item, signal).finally(() => {
      inFlight.delete(key);
      const wish = waiting.get(key);
      if (wish !== undefined) later.push(wish);
      wake();
    });
    inFlight.set(key, flight);
  }

  /** Until something was added or has ended, or the next key is due. */
  async function change(): Promise<void> {
    const { promise: rung, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const dueAt = inFlight.size < concurrency ? later.first()?.dueAt : undefined;
    if (dueAt === undefined) return rung;
    const over = new AbortController();
    await Promise.race([rung, clock.sleep(Math.max(0, dueAt - clock.monotonic()), over.signal).catch(() => {})]);
    over.abort();
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stop = () => wake();
    signal.addEventListener("abort", stop);
    for (let steps = 1; !signal.aborted; steps += 1) {
      const item = inFlight.size < concurrency ? next() : undefined;
      if (item === undefined) await change();
      else start(item, signal);
      if (steps % stepsInOneGo === 0) await breathe();
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
