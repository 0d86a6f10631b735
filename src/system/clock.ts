import { setTimeout as sleep } from "node:timers/promises";

/** Time and chance, as a value that is passed in: the only place that asks the machine for either. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For people and for GitHub; never compared between hosts. */
  now(): number;
  /** Monotonic milliseconds; ages and deadlines are measured with it. */
  monotonic(): number;
  /** Resolves after `ms`; rejects when `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: pause,
  random: () => Math.random(),
};

/** A timer of Node that is set to more than this, 24 days, ends at once. */
const longestTimer = 2 ** 31 - 1;

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = Math.max(0, ms); left >= 0; left -= longestTimer) {
    await sleep(Math.min(left, longestTimer), undefined, signal === undefined ? {} : { signal });
  }
}

/** The wall clock as Kubernetes writes it. */
export function timestamp(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString();
}
