import type { Clock } from "../../system/clock.ts";

export interface Alarm {
  /** Ends the wait, or the next one if nobody waits. */
  readonly ring: () => void;
  /** Resolves after `ms`, at a ring, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Rings that come together are answered once. */
const together = 100;

/** A clock that can be woken early. */
export function createAlarm(clock: Pick<Clock, "sleep">): Alarm {
  let rest = new AbortController();
  return {
    ring: () => rest.abort(),
    async wait(ms, signal) {
      await clock.sleep(ms, AbortSignal.any([rest.signal, signal])).catch(() => {});
      if (rest.signal.aborted) await clock.sleep(together, signal).catch(() => {});
      rest = new AbortController();
    },
  };
}
