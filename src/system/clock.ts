import { setTimeout as sleep } from "node:timers/promises";

/** Time and random numbers as a dependency. Other code uses neither directly. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970, for people and for GitHub. Never compare it between hosts. */
  now(): number;
  /** Monotonic time in milliseconds, for ages and deadlines. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds. Rejects if `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A random number in [0, 1). */
  random(): number;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: pause,
  random: () => Math.random(),
};

/** The longest timer in Node, about 24 days. A longer timer fires at once. */
const longestTimer = 2 ** 31 - 1;

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = Math.max(0, ms); left >= 0; left -= longestTimer) {
    await sleep(Math.min(left, longestTimer), undefined, signal === undefined ? {} : { signal });
  }
}

/** The wall-clock time in the format of Kubernetes timestamps. */
export function timestamp(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString();
}
