/*
 * One process that follows all Builds in one way, and says on its standard output what that cost it: a line when it has everything, and one
 * when its standard input ends. `main.ts WAY FILE`: FILE is the folder of a service account, a kubeconfig or a store file.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { follows, isWay } from "./ways.ts";

const [way, file = "", server = "", namespace = ""] = process.argv.slice(2);
if (!isWay(way)) throw new Error(`expected a way to follow, found ${way}`);

const spans: number[] = [];
const now = () => performance.timeOrigin + performance.now();

await sleep(500); // what imports cost is measured apart
const turns = watchTurns();
const begin = performance.now();
await follows[way]({ file, server, namespace }, (sentAt) => spans.push(now() - sentAt));
say({ syncMs: performance.now() - begin, turnMs: turns.stop() });

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
  say({ ...spent, rssMb: rss / 1e6, heapMb: heapUsed / 1e6 });
  process.exit();
});
say({ ready: true });

/** The longest that this thread computed in one go, in milliseconds of processor time: what others do on the machine does not count. */
function watchTurns() {
  let longest = 0;
  let isOver = false;
  let before = process.threadCpuUsage();
  const look = () => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longest = Math.max(longest, (user + system) / 1000);
    if (!isOver) setTimeout(look, 0);
  };
  look();
  return {
    stop(): number {
      isOver = true;
      look();
      return longest;
    },
  };
}

function say(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
