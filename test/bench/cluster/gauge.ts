/*
 * Loaded into the operator's process with `--import`. Answers each message of the parent with the costs of the process.
 * `busyMs` is the longest busy span of the thread since the last message, in processor time: other load does not count.
 * `lateMs` is the longest delay by the wall clock: other load counts.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";

const lateness = monitorEventLoopDelay({ resolution: 5 });
let busyMs = 0;
let before = process.threadCpuUsage();

/** Milliseconds between samples. A busy span can include a little more than one turn of the event loop. */
const sampleInterval = 2;

function sample(): void {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  busyMs = Math.max(busyMs, (user + system) / 1000);
}

setInterval(sample, sampleInterval).unref();
lateness.enable();

process.on("message", () => {
  sample();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({
    busyMs,
    lateMs: lateness.max / 1e6,
    cpuMs: (user + system) / 1000,
    rssMb: rss / 1e6,
    heapMb: heapUsed / 1e6,
  });
  busyMs = 0;
  lateness.reset();
});
process.channel?.unref();
