import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stored } from "../../src/api/objects/kinds.ts";
import { type EmbeddedStore, openEmbeddedStore } from "../../src/store/embedded/embedded.ts";
import { createWorkqueue } from "../../src/store/queue/workqueue.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { aBuild, queuedStatus } from "../contract/objects.ts";
import type { Print } from "./bench.ts";

const writes = 2000;
const objects = 200;

/** Acknowledged writes per second, beside a bare loop over the same SQLite, and the delay of a watch. */
export async function bench(print: Print): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-store-"));
  const log = createLog({ level: "silent" });
  const open = () => openEmbeddedStore({ file: join(folder, "store.db"), clock: systemClock, log });
  const [store, other] = [open(), open()];
  try {
    const builds = await filled(store);
    const size = JSON.stringify(builds[0]).length;
    print(`Embedded store: objects of ${(size / 1000).toFixed(1)} kB, every write on disk before it is acknowledged`);
    for (const synchronous of ["FULL", "NORMAL"])
      print(
        row(`bare INSERT … ON CONFLICT, synchronous=${synchronous}`, bareWrites(folder, synchronous, size), "writes/s"),
      );
    print(row("updateStatus, synchronous=FULL", await storeWrites(store, builds), "writes/s"));
    print(spansRow("write to watch, same process", await watchSpans(store, store, 500)));
    print(spansRow("write to watch, another connection", await watchSpans(store, other, 40), "target ≤ 250 ms"));
    print(row("list of 5,000 objects", await listSpan(), "ms"));
    print(row("picking among 5,000 keys of a workqueue", await pickSpan(), "µs a key"));
  } finally {
    store.close();
    other.close();
    rmSync(folder, { recursive: true });
  }
}

async function filled(store: EmbeddedStore): Promise<Stored<"Build">[]> {
  const builds = [];
  for (let index = 0; index < objects; index += 1) {
    const created = await store.create("Build", aBuild(`o2-${index}`));
    const trouble = { reason: "FetchFailed" as const, builder: "o2-0", count: 1, at: "2026-11-24T08:00:00Z" };
    const status = { ...queuedStatus, trouble: { ...trouble, message: "x".repeat(700) } };
    builds.push(await store.updateStatus("Build", { ...created, status }));
  }
  return builds;
}

function bareWrites(folder: string, synchronous: string, size: number): number {
  const sql = new DatabaseSync(join(folder, `bare-${synchronous}.db`));
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  sql.exec("CREATE TABLE object (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT");
  const upsert = sql.prepare("INSERT INTO object VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");
  const begin = performance.now();
  for (let turn = 0; turn < writes; turn += 1) upsert.run(`o2-${turn % objects}`, `${turn}`.padEnd(size, "x"));
  sql.close();
  return perSecond(performance.now() - begin);
}

async function storeWrites(store: EmbeddedStore, builds: Stored<"Build">[]): Promise<number> {
  const begin = performance.now();
  for (let turn = 0; turn < writes; turn += 1) {
    const build = builds[turn % objects];
    if (build?.status === undefined) continue;
    const status = { ...build.status, attempt: turn };
    builds[turn % objects] = await store.updateStatus("Build", { ...build, status });
  }
  return perSecond(performance.now() - begin);
}

/** Milliseconds from the call of each write on `writer` to its arrival at a watch on `reader`. */
async function watchSpans(reader: EmbeddedStore, writer: EmbeddedStore, count: number): Promise<number[]> {
  const stop = new AbortController();
  const spans: number[] = [];
  let begin = 0;
  let arrived = Promise.withResolvers<void>();
  const watching = (async () => {
    for await (const change of reader.watch("Lease", { signal: stop.signal })) {
      if (change.type !== "Synced") spans.push(performance.now() - begin);
      arrived.resolve();
    }
  })();
  for (let turn = 0; turn < count; turn += 1) {
    await arrived.promise;
    arrived = Promise.withResolvers();
    if (reader !== writer) await sleep(Math.random() * 100);
    begin = performance.now();
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "o2-0" } } as const;
    await writer.apply("Lease", { ...lease, spec: { renewTime: `${begin}` } });
  }
  await arrived.promise;
  stop.abort();
  await watching;
  return spans;
}

async function listSpan(): Promise<number> {
  const store = openEmbeddedStore({ file: ":memory:", clock: systemClock, log: createLog({ level: "silent" }) });
  for (let index = 0; index < 5000; index += 1) await store.create("Build", aBuild(`o2-${index}`));
  const begin = performance.now();
  await store.list("Build");
  const span = performance.now() - begin;
  store.close();
  return span;
}

async function pickSpan(): Promise<number> {
  const keys = 5000;
  const stop = new AbortController();
  let handled = 0;
  const queue = createWorkqueue({
    clock: systemClock,
    concurrency: 1,
    onError: () => {},
    handle: async () => {
      handled += 1;
      if (handled === keys) stop.abort();
      return undefined;
    },
  });
  for (let key = 0; key < keys; key += 1) queue.add(`${key}`);
  const begin = performance.now();
  await queue.run(stop.signal);
  return ((performance.now() - begin) * 1000) / keys;
}

function perSecond(ms: number): number {
  return (writes * 1000) / ms;
}

function row(title: string, value: number, unit: string): string {
  return `  ${title.padEnd(52)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}`;
}

function spansRow(title: string, spans: readonly number[], target = ""): string {
  const sorted = [...spans].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `  ${title.padEnd(52)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms  ${target}`.trimEnd();
}
