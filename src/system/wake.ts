import type { Clock } from "./clock.ts";

/** Lets one loop sleep until something happens. A ring while nobody sleeps is kept, so no event falls between two looks. */
export interface Wake {
  ring(): void;
  /** Returns at the next ring, after `ms`, or when `signal` aborts; never fails. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export function createWake(clock: Clock): Wake {
  let rung = false;
  let waken = () => {};
  return {
    ring() {
      rung = true;
      waken();
    },
    async sleep(ms, signal) {
      if (!rung && !signal.aborted) {
        const up = new AbortController();
        waken = () => up.abort();
        await clock.sleep(ms, AbortSignal.any([up.signal, signal])).catch(() => {});
      }
      rung = false;
    },
  };
}
