import type { Clock } from "./clock.ts";

/** Lets one loop wait for events. A ring during work is kept, and ends the next wait at once. */
export interface Wake {
  ring(): void;
  /** Resolves at a ring, or when `signal` aborts. Never rejects. */
  wait(signal: AbortSignal): Promise<void>;
}

/** A wake with a time limit. */
export interface TimedWake extends Wake {
  /** Resolves at a ring, after `ms` milliseconds, or when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Creates a wake for one waiting loop. */
export function createWake(): Wake {
  let isRung = false;
  let resume = () => {};
  return {
    ring() {
      isRung = true;
      resume();
    },
    async wait(signal) {
      if (!isRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        resume = resolve;
        signal.addEventListener("abort", resume, { once: true });
        await promise;
        signal.removeEventListener("abort", resume);
      }
      isRung = false;
    },
  };
}

/** Creates a wake with a time limit. A sleep that a ring ends lasts `gatherMs` longer, so one sleep answers several rings. */
export function createTimedWake(clock: Pick<Clock, "sleep">, gatherMs = 0): TimedWake {
  const wake = createWake();
  return {
    ...wake,
    async sleep(ms, signal) {
      const timer = new AbortController();
      const end = AbortSignal.any([timer.signal, signal]);
      void clock.sleep(ms, end).then(
        () => timer.abort(),
        () => {},
      );
      await wake.wait(end);
      const isRung = !end.aborted;
      timer.abort();
      if (!isRung || gatherMs === 0) return;
      await clock.sleep(gatherMs, signal).catch(() => {});
      await wake.wait(AbortSignal.abort()); // forget rings of the last `gatherMs`
    },
  };
}
