/*
 * Loaded into the operator's process, whose code knows nothing of it: answers each message of the parent with what the process cost, and with the
 * longest that its thread was busy since the last message. Busy is processor time, so that what others do on the machine does not count;
 * late is by the clock on the wall, what others do included.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";

const lateness = monitorEventLoopDelay({ resolution: 5 });
let busyMs = 0;
let before = process.threadCpuUsage();

/** A little more than one turn of the event loop is taken for one. */
const turn = 2;

function look(): void {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  busyMs = Math.max(busyMs, (user + system) / 1000);
}

setInterval(look, turn).unref();
lateness.enable();

process.on("message", () => {
  look();
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
