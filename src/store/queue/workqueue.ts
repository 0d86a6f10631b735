import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { type Backoff, backoffDelay, jittered } from "../../api/values/backoff.ts";
import type { Clock } from "../../system/clock.ts";
import { createHeap } from "./heap.ts";

/** Options of `createWorkqueue`. */
export interface WorkqueueOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep" | "random">;
  /** Number of keys in flight at once; one key is never in flight twice. */
  readonly concurrency: number;
  /**
   * Handles a key. Returns the delay until the key is handled again, in milliseconds, if any. `signal` is the signal of
   * `run`.
   */
  readonly handle: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  /** Called after each failure of `handle`, with the pause before the retry in milliseconds. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  /** Pauses after failures; 500 ms doubling to 5 min when absent. */
  readonly backoff?: Backoff;
}

/** Options of `Workqueue.add`. */
export interface AddOptions {
  /** Milliseconds until the key is due; 0 when absent. */
  readonly afterMs?: number;
  /** Among due keys the highest priority is first; 0 when absent. */
  readonly priority?: number;
}

/** A queue of keys that deduplicates: a waiting key has one entry. */
export interface Workqueue {
  /** Adds `key`. A key that already waits keeps one entry with the earlier time and the higher priority. */
  add(key: string, options?: AddOptions): void;
  /** Handles keys until `signal` aborts, then waits for the handlers in flight. */
  run(signal: AbortSignal): Promise<void>;
  /** Returns the number of waiting keys, due or not, without the keys in flight. */
  size(): number;
}

interface Waiting {
  readonly key: string;
  readonly dueAt: number;
  readonly priority: number;
  /** Order of insertion; breaks ties. */
  readonly sequence: number;
}

/** Handlers that never wait would block the event loop, so the queue yields to it after this many steps. */
const stepsPerYield = 64;

/**
 * Creates a workqueue. A key added while it is in flight is handled again afterwards. A failed handler is retried with
 * exponential backoff, jittered down to half. `add` overrides the backoff of a waiting key.
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
  /** Waiting keys that are not in flight: `scheduled` by time, then `due` by rank. Replaced entries are skipped. */
  const scheduled = createHeap<Waiting>((a, b) => a.dueAt < b.dueAt);
  const due = createHeap<Waiting>(isBefore);
  let sequence = 0;
  let wake = () => {};

  function add(key: string, { afterMs = 0, priority = 0 }: AddOptions = {}): void {
    const dueAt = clock.monotonic() + Math.max(0, afterMs);
    const before = waiting.get(key);
    if (before !== undefined && before.dueAt <= dueAt && before.priority >= priority) return;
    sequence += 1;
    const item = {
      key,
      dueAt: Math.min(dueAt, before?.dueAt ?? dueAt),
      priority: Math.max(priority, before?.priority ?? priority),
      sequence: before?.sequence ?? sequence,
    };
    waiting.set(key, item);
    if (!inFlight.has(key)) scheduled.push(item);
    wake();
  }

  function next(): Waiting | undefined {
    const now = clock.monotonic();
    for (let item = scheduled.first(); item !== undefined && item.dueAt <= now; item = scheduled.first()) {
      scheduled.shift();
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
      const retryInMs = jittered(backoffDelay(backoff, count), clock.random);
      add(key, { afterMs: retryInMs, priority });
      onError(key, error, retryInMs);
    }
  }

  function start(item: Waiting, signal: AbortSignal): void {
    const { key } = item;
    waiting.delete(key);
    const done = work(item, signal).finally(() => {
      inFlight.delete(key);
      const again = waiting.get(key);
      if (again !== undefined) scheduled.push(again);
      wake();
    });
    inFlight.set(key, done);
  }

  /** Resolves when a key was added, a handler returned, or the next key is due. */
  async function nextEvent(): Promise<void> {
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const dueAt = inFlight.size < concurrency ? scheduled.first()?.dueAt : undefined;
    if (dueAt === undefined) return woken;
    const timer = new AbortController();
    await Promise.race([woken, clock.sleep(Math.max(0, dueAt - clock.monotonic()), timer.signal).catch(() => {})]);
    timer.abort();
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stop = () => wake();
    signal.addEventListener("abort", stop);
    for (let steps = 1; !signal.aborted; steps += 1) {
      const item = inFlight.size < concurrency ? next() : undefined;
      if (item === undefined) await nextEvent();
      else start(item, signal);
      if (steps % stepsPerYield === 0) await yieldToEventLoop();
    }
    signal.removeEventListener("abort", stop);
    await Promise.all(inFlight.values());
  }

  return { add, run, size: () => waiting.size };
}

function isBefore(a: Waiting, b: Waiting): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt;
  return a.sequence < b.sequence;
}
