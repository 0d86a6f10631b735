/** The resource use of this process. */
export interface Vitals {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** Sampling interval in milliseconds. Shorter stalls are not seen. */
const resolution = 20;

/** Returns the current vitals. */
export function readVitals(): Vitals {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}

/** Calls `on` with the stall of the event loop in seconds, every 20 ms, while the process runs. */
export function observeStalls(on: (seconds: number) => void): void {
  let expected = performance.now() + resolution;
  setInterval(() => {
    const now = performance.now();
    on(Math.max(0, now - expected) / 1000);
    expected = now + resolution;
  }, resolution).unref();
}
