import type { Clock } from "../../src/system/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time on, waking sleepers at their moments and in their order; what they start has run when this resolves. */
  advance(ms: number): Promise<void>;
  /** Sleepers that wait. */
  sleeping(): number;
}

/** A clock that stands still until a test moves it; `random` gives `chance`. */
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

/** Resolves when every promise that could go on without time or I/O has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
