import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { Installation } from "../cluster/support/installation.ts";
import { aPool, changePool } from "../cluster/support/pools.ts";
import { until } from "../cluster/support/until.ts";
import { auditFrom } from "./cluster/audit.ts";
import {
  aFleet,
  aPlace,
  areReady,
  createPools,
  type Fleet,
  pools,
  size,
  startPlayers,
  whole,
} from "./cluster/fleet.ts";
import { restartLatencies } from "./cluster/latency.ts";
import { bundledOperator, type MeasuredOperator, type StartOperator } from "./cluster/operator.ts";
import { plainTwin, secondsToScale } from "./cluster/scaling.ts";
import { percentiles, printWrites } from "./cluster/writes.ts";

const begin = performance.now();

/** 1,000 builders in 16 pools with 5,000 Builds on a real API server, whose nodes and builders are acted; `BUILDERS=100` for a tenth. */
export async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-cluster-"));
  const fleet = await aFleet();
  try {
    const start = await bundledOperator(folder);
    await standing(fleet, start, folder);
    await scales(fleet, start, folder);
  } finally {
    await fleet.github.close();
    await fleet.cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function standing(fleet: Fleet, start: StartOperator, folder: string): Promise<void> {
  await using operator = await start(fleet.place, "operator-a");
  const players = await startPlayers(fleet.place, folder);
  try {
    await comesUp(fleet, operator);
    const idle = await rests(fleet, operator);
    await followsEvents(fleet.place, operator, idle);
    await builds(fleet);
    await rolls(fleet);
    await answers(fleet);
    print("the most memory of its life", `${operator.peakMb().toFixed(0)} MB`, "target < 160");
    await takesOver(fleet, operator, start);
  } finally {
    await players.end();
  }
}

async function comesUp({ place, github }: Fleet, operator: MeasuredOperator): Promise<void> {
  await operator.costs(); // what its start cost is not asked for
  await createPools(place, github);
  await until(
    `${size.builds} Builds`,
    async () => (await place.admin.store.list("Build")).length >= size.builds,
    900_000,
  );
  await areReady(place);
  const { busyMs } = await operator.costs();
  print(
    `${size.builders} builders and ${size.builds} Builds come up, longest turn`,
    `${busyMs.toFixed(0)} ms`,
    "target < 50",
  );
  print("  most memory until then", `${operator.peakMb().toFixed(0)} MB`, "target < 160");
}

/** Returns the share of a processor that an operator at rest takes. */
async function rests({ place, cluster }: Fleet, operator: MeasuredOperator): Promise<number> {
  const isWhole = async () => {
    const all = await place.admin.store.list("Build");
    return all.every(({ spec, status }) => spec.pool !== whole || status?.reported?.state === "success");
  };
  await until("the whole builders to have built everything", isWhole, 600_000);
  await sleep(30_000);
  const audit = auditFrom(cluster.plane.auditLog);
  const before = await operator.costs();
  await sleep(45_000);
  await operator.get("/metrics"); // as Prometheus does
  await sleep(15_000);
  const { rssMb, heapMb, busyMs, lateMs, cpuMs } = await operator.costs();
  const writes = (await audit()).filter(({ by }) => by === `${place.namespace}:builderpool`);
  const idle = (cpuMs - before.cpuMs) / 60_000;
  print(
    "at rest for a minute, scraped once: memory",
    `${rssMb.toFixed(0)} MB, of it heap ${heapMb.toFixed(0)}`,
    "target < 160",
  );
  print("  longest turn", `${busyMs.toFixed(0)} ms; by the clock ${lateMs.toFixed(0)} ms`, "target < 50");
  print("  processor", `${(idle * 100).toFixed(1)} % of a core`);
  printWrites("  writes of the operator", writes, 1, "(target 0)");
  return idle;
}

async function followsEvents({ admin }: Installation, operator: MeasuredOperator, idle: number): Promise<void> {
  const builds = (await admin.store.list("Build")).filter(({ spec }) => spec.pool !== whole).slice(0, 2000);
  const limit = pLimit(8);
  const [before, at] = [await operator.costs(), performance.now()];
  const change = (build: (typeof builds)[number]) =>
    admin.store.updateStatus("Build", { ...build, status: { phase: "Queued", attempt: 0, tree: "pool-0-0" } });
  await Promise.all(builds.map((build) => limit(() => change(build))));
  await sleep(2000);
  const { cpuMs, busyMs } = await operator.costs();
  const own = cpuMs - before.cpuMs - idle * (performance.now() - at);
  print(
    "a change of a Build costs the operator",
    `${((own * 1000) / builds.length).toFixed(0)} µs`,
    "client-node's informer alone 550",
  );
  print("  longest turn meanwhile", `${busyMs.toFixed(0)} ms`, "target < 50");
}

/** New pull requests, built by whole builders. */
async function builds({ place, cluster, github }: Fleet): Promise<void> {
  const count = 24;
  const audit = auditFrom(cluster.plane.auditLog);
  for (let index = 0; index < count; index += 1) await github.state.openPullRequest({ repository: `alice/${whole}` });
  const known = size.whole.builds + count;
  await until(
    "the new pull requests to be built and reported",
    async () => {
      const mine = (await place.admin.store.list("Build")).filter(({ spec }) => spec.pool === whole);
      return mine.length === known && mine.every(({ status }) => status?.reported?.state === "success");
    },
    600_000,
  );
  await sleep(10_000);
  const writes = (await audit()).filter(
    ({ namespace, name, what }) => namespace === place.namespace && isOf(whole, name, what),
  );
  printWrites("writes for each build, by who wrote what", writes, count, "(target 4)");
}

async function rolls({ place, cluster }: Fleet): Promise<void> {
  for (const name of [whole, "pool-0"]) {
    const audit = auditFrom(cluster.plane.auditLog);
    await changePool(place, name, { image: "builder:2" });
    await areReady(place, [name]);
    await sleep(10_000);
    const writes = (await audit()).filter(
      (write) => write.namespace === place.namespace && isOf(name, write.name, write.what),
    );
    const own = writes.filter(({ by }) => by.endsWith(":builderpool") || by.endsWith(":players"));
    const count = pools.find((pool) => pool.name === name)?.builders ?? 1;
    printWrites(`writes for each of ${count} builders that roll`, own, count, "(target 4 of the operator)");
  }
}

async function answers({ place, cluster }: Fleet): Promise<void> {
  const light = pools.filter(({ name }) => name !== whole);
  const names = light.flatMap(({ name, builders }) =>
    Array.from({ length: Math.min(6, Math.floor(builders / 4)) }, (_, index) => ({ index, name: `${name}-${index}` })),
  );
  const inTurn = names.toSorted((a, b) => a.index - b.index).map(({ name }) => name);
  const { answers: spans, server } = await restartLatencies(place, cluster.plane.auditLog, inTurn);
  print("from a wish to restart to the operator's write", percentiles(spans), "target p99 < 250");
  print("  the API server took for each update meanwhile", percentiles(server));
  await areReady(place);
}

async function takesOver({ place }: Fleet, first: MeasuredOperator, start: StartOperator): Promise<void> {
  await using second = await start(place, "operator-b");
  await sleep(5000);
  await second.costs();
  const at = performance.now();
  const seconds = () => ((performance.now() - at) / 1000).toFixed(1);
  first.kill("SIGKILL");
  const leads = async () =>
    (await place.admin.store.get("Lease", "builderpool"))?.spec.holderIdentity?.startsWith("operator-b");
  await until("the second operator to lead", leads);
  print("the leader is killed: the other one leads after", `${seconds()} s`, "target < 20");
  await until("the second operator to know the fleet", async () =>
    (await second.get("/metrics")).text.includes(`builderpool_builders{pool="${whole}",phase="Ready"}`),
  );
  print("  and knows the fleet after", `${seconds()} s`);
  await sleep(30_000);
  const { busyMs } = await second.costs();
  print(
    "  its longest turn, its most memory",
    `${busyMs.toFixed(0)} ms, ${second.peakMb().toFixed(0)} MB`,
    "targets < 50, < 160",
  );
}

/** One pool from 0 to all, beside a StatefulSet of the same pods with nobody who looks after it. */
async function scales({ cluster, github }: Fleet, start: StartOperator, folder: string): Promise<void> {
  const place = await aPlace(cluster, "scaled", github);
  await using operator = await start(place, "operator-c");
  const players = await startPlayers(place, folder);
  try {
    await place.admin.store.create("BuilderPool", aPool("big", { instances: 0 }));
    await plainTwin(place, "big", "plain");
    await operator.costs();
    const plain = await secondsToScale(place, "statefulset", "plain", size.builders);
    const ours = await secondsToScale(place, "builderpool", "big", size.builders);
    print(
      `0 to ${size.builders} ready: StatefulSet alone, pool`,
      `${plain.toFixed(0)} s, ${ours.toFixed(0)} s`,
      `ratio ${(ours / plain).toFixed(2)}`,
    );
    print(
      "  the operator's longest turn, its most memory",
      `${(await operator.costs()).busyMs.toFixed(0)} ms, ${operator.peakMb().toFixed(0)} MB`,
    );
  } finally {
    await players.end();
  }
}

/** Whether an object is the pool's, one of its builders or builds, or an Event about one of these. */
function isOf(pool: string, name: string, what: string): boolean {
  return (
    ["builderpools", "builders", "builds", "leases", "pods", "events"].includes(what.split("/")[0] ?? "") &&
    (name === pool || name.startsWith(`${pool}-`) || name.startsWith(`${pool}.`))
  );
}

function print(what: string, value: string, target = ""): void {
  const load = `load ${loadavg()[0]?.toFixed(0)}`;
  const at = `${((performance.now() - begin) / 1000).toFixed(0)} s`;
  console.log(`  ${what.padEnd(56)} ${value.padEnd(34)} ${target.padEnd(26)} ${at}, ${load}`);
}
