import type { Clock } from "../../src/system/clock.ts";

export interface FakeClock extends Clock {
  /** Moves the time forward. Wakes sleepers at their time and in order. Resolves when their follow-up work has run. */
  advance(ms: number): Promise<void>;
  /** Number of waiting sleepers. */
  sleeping(): number;
}

/** A clock that moves only with `advance`. `random` returns `chance`. */
export function fakeClock({ start = Date.UTC(2026, 0, 1), chance = 0.5 } = {}): FakeClock {
  const sleepers = new Map<object, { readonly at: number; readonly wake: () => void }>();
  let elapsed = 0;

  async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const key = {};
    const abort = () => reject(signal?.reason);
    sleepers.set(key, { at: elapsed + ms, wake: resolve });
    signal?.addEventListener("abort", abort);
    try {
      await promise;
    } finally {
      sleepers.delete(key);
      signal?.removeEventListener("abort", abort);
    }
  }

  async function advance(ms: number): Promise<void> {
    const end = elapsed + ms;
    await settled();
    for (;;) {
      const [next] = [...sleepers.values()].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      elapsed = Math.max(elapsed, next.at);
      next.wake();
      await settled();
    }
    elapsed = end;
  }

  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep,
    random: () => chance,
    advance,
    sleeping: () => sleepers.size,
  };
}

/** Resolves when all promises that need neither time nor I/O are settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
