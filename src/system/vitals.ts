import { monitorEventLoopDelay } from "node:perf_hooks";

/** What this process costs, and how long it was deaf. */
export interface Vitals {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** The longest time since the last question that it did one thing and answered nobody, in seconds. */
  readonly stallSeconds: number;
}

/** Looked at so often: what is shorter is not seen. Milliseconds. */
const resolution = 20;

/** Begins to listen to the event loop; the function tells. */
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
