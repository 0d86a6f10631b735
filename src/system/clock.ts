import { setTimeout as sleep } from "node:timers/promises";

/** Time and chance, as a value that is passed in: the only place that asks the machine for either. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For people and for GitHub; never compared between hosts. */
  now(): number;
  /** Monotonic milliseconds; ages and deadlines are measured with it. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
  random: () => Math.random(),
};

/** The wall clock as Kubernetes writes it. */
export function timestamp(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString();
}
