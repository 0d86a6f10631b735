import { monitorEventLoopDelay } from "node:perf_hooks";

/** The resource use of this process, and its longest event-loop stall. */
export interface Vitals {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** The longest block of the event loop since the previous call, in seconds. */
  readonly stallSeconds: number;
}

/** Sampling interval in milliseconds. Shorter stalls are not seen. */
const resolution = 20;

/** Starts to measure the event loop. The returned function gives the current vitals and resets the stall. */
export function createVitals(): () => Vitals {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  return () => {
    const { user, system } = process.cpuUsage();
    const stallSeconds = Math.max(0, delays.max / 1e9 - resolution / 1000);
    delays.reset();
    return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, stallSeconds };
  };
}
