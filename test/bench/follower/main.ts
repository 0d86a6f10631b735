/*
 * `main.ts WAY FILE SERVER NAMESPACE`: one process that follows all Builds. FILE is the folder of a service account,
 * a kubeconfig or a store file. Prints its costs as JSON lines: after the first list, and at the end of standard input.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { follows, isWay } from "./ways.ts";

const [way, file = "", server = "", namespace = ""] = process.argv.slice(2);
if (!isWay(way)) throw new Error(`Expected one of ${Object.keys(follows).join(", ")}, got "${way}"`);

const spans: number[] = [];
const now = () => performance.timeOrigin + performance.now();

await sleep(500); // the cost of imports must not count
const turns = watchTurns();
const begin = performance.now();
await follows[way]({ file, server, namespace }, (sentAt) => spans.push(now() - sentAt));
writeLine({ syncMs: performance.now() - begin, turnMs: turns.stop() });

await sleep(500);
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();
spans.length = 0;
const cpu = process.cpuUsage();
process.stdin.resume();
process.stdin.on("end", () => {
  const { user, system } = process.cpuUsage(cpu);
  const sorted = spans.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const spent = { events: spans.length, p50: at(0.5), p99: at(0.99), cpuUs: (user + system) / spans.length };
  writeLine({ ...spent, rssMb: rss / 1e6, heapMb: heapUsed / 1e6 });
  process.exit();
});
writeLine({ ready: true });

/** Measures the longest busy span of this thread in milliseconds of processor time: other load does not count. */
function watchTurns() {
  let longest = 0;
  let isOver = false;
  let before = process.threadCpuUsage();
  const sample = () => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longest = Math.max(longest, (user + system) / 1000);
    if (!isOver) setTimeout(sample, 0);
  };
  sample();
  return {
    stop(): number {
      isOver = true;
      sample();
      return longest;
    },
  };
}

function writeLine(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
