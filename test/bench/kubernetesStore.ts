import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pLimit from "p-limit";
import { z } from "zod";
import type { Stored } from "../../src/api/objects/kinds.ts";
import { openEmbeddedStore } from "../../src/store/embedded/embedded.ts";
import { createKubernetesStore } from "../../src/store/kubernetes/kubernetes.ts";
import type { ObjectStore } from "../../src/store/objectStore.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { aBuild, queuedStatus } from "../contract/objects.ts";
import { startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { kubectl } from "../support/cluster/kubectl.ts";
import { installDefinitions, newNamespace } from "../support/kubernetes/namespaces.ts";
import type { Print } from "./bench.ts";
import type { Source, Way } from "./follower/ways.ts";

const objects = 10_000;
const events = 2_000;
const log = createLog({ level: "silent" });

/** Follows 10,000 Builds through the API server, beside client-node's informer and the embedded store. */
export async function bench(print: Print): Promise<void> {
  const cluster = await startControlPlane();
  const folder = mkdtempSync(join(tmpdir(), "bench-kubernetes-"));
  const embedded = openEmbeddedStore({ file: join(folder, "store.db"), clock: systemClock, log });
  try {
    await installDefinitions(cluster.kubeconfig);
    const client = await newNamespace(cluster.kubeconfig);
    const store = createKubernetesStore({ client, clock: systemClock, log });
    const { namespace } = client;
    const account = join(folder, "account");
    const server = await actAsAccount(cluster.kubeconfig, namespace, account);
    const begin = performance.now();
    const theirs = await filled(store);
    print(`  ${objects} Builds of ${size(theirs[0])} kB written to the API server in ${seconds(begin)} s`);
    const mine = await filled(embedded);
    for (const line of head()) print(line);
    print(
      await measured(
        "clientNode",
        "client-node's informer",
        { file: cluster.kubeconfig, server, namespace },
        store,
        theirs,
      ),
    );
    print(await measured("ours", "kubernetesStore, one cache", { file: account, server, namespace }, store, theirs));
    print(await measured("ours4", "kubernetesStore, four caches", { file: account, server, namespace }, store, theirs));
    print(
      await measured(
        "embedded",
        "embedded store, another process",
        { file: join(folder, "store.db"), server, namespace },
        embedded,
        mine,
      ),
    );
  } finally {
    embedded.close();
    await cluster.close();
    rmSync(folder, { recursive: true });
  }
}

/** Writes the service account files of a pod, as the kubelet does. Returns the address of the API server. */
async function actAsAccount(kubeconfig: string, namespace: string, folder: string): Promise<string> {
  const account = `system:serviceaccount:${namespace}:reader`;
  await kubectl(kubeconfig, ["-n", namespace, "create", "serviceaccount", "reader"]);
  await kubectl(kubeconfig, [
    "create",
    "clusterrolebinding",
    "reader",
    "--clusterrole=cluster-admin",
    `--user=${account}`,
  ]);
  mkdirSync(folder);
  writeFileSync(join(folder, "token"), await kubectl(kubeconfig, ["-n", namespace, "create", "token", "reader"]));
  writeFileSync(join(folder, "namespace"), namespace);
  const view = ["config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}"];
  writeFileSync(join(folder, "ca.crt"), Buffer.from(await kubectl(kubeconfig, view), "base64"));
  return kubectl(kubeconfig, ["config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"]);
}

async function filled(store: ObjectStore): Promise<Stored<"Build">[]> {
  const limit = pLimit(16);
  const annotations = { size: "x".repeat(700) };
  return Promise.all(
    Array.from({ length: objects }, (_, index) =>
      limit(() => store.create("Build", aBuild(`o2-${index}`, { annotations }))),
    ),
  );
}

const List = z.object({ syncMs: z.number(), turnMs: z.number() });

const Costs = z.object({
  events: z.number(),
  p50: z.number(),
  p99: z.number(),
  cpuUs: z.number(),
  rssMb: z.number(),
  heapMb: z.number(),
});

/** Starts a follower and changes Builds. Returns the row with the costs that the follower reports. */
async function measured(
  way: Way,
  name: string,
  { file, server, namespace }: Source,
  store: ObjectStore,
  builds: Stored<"Build">[],
): Promise<string> {
  const program = join(import.meta.dirname, "follower/main.ts");
  const child = spawn(process.execPath, ["--expose-gc", program, way, file, server, namespace], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? "{}");
  const list = List.parse(await next());
  await next();
  const limit = pLimit(4);
  const spans = await Promise.all(
    Array.from({ length: events }, (_, turn) => limit(() => change(store, builds, turn))),
  );
  await systemClock.sleep(1000);
  child.stdin.end();
  const costs = Costs.parse(await next());
  await once(child, "close");
  return row(name, list, costs, spans);
}

/** Changes one Build. Returns the duration of the write in milliseconds. */
async function change(store: ObjectStore, builds: Stored<"Build">[], turn: number): Promise<number> {
  const build = builds[turn % builds.length];
  if (build === undefined) return Number.NaN;
  const begin = performance.now();
  const tree = String(performance.timeOrigin + begin);
  builds[turn % builds.length] = await store.updateStatus("Build", { ...build, status: { ...queuedStatus, tree } });
  return performance.now() - begin;
}

function head(): readonly string[] {
  const columns = ["list+sync ms", "longest turn", "RSS MB", "heap MB", "events", "p50 ms", "p99 ms"];
  columns.push("answered p50", "answered p99", "CPU µs/event");
  return [
    `  ${events} changes: time from the write to the cache of another process (p50, p99), and to its answer (answered)`,
    "  target of the longest turn: under 50 ms",
    `  ${"".padEnd(34)}${columns.map((column) => column.padStart(14)).join("")}`,
  ];
}

function row(
  name: string,
  { syncMs, turnMs }: z.infer<typeof List>,
  costs: z.infer<typeof Costs>,
  spans: readonly number[],
): string {
  const sorted = spans.toSorted((a, b) => a - b);
  const answered = [0.5, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  const values = [
    syncMs,
    turnMs,
    costs.rssMb,
    costs.heapMb,
    costs.events,
    costs.p50,
    costs.p99,
    ...answered,
    costs.cpuUs,
  ];
  return `  ${name.padEnd(34)}${values.map((value) => value.toFixed(value < 10 ? 1 : 0).padStart(14)).join("")}`;
}

function size(build: Stored<"Build"> | undefined): string {
  return (JSON.stringify(build).length / 1000).toFixed(1);
}

function seconds(begin: number): string {
  return ((performance.now() - begin) / 1000).toFixed(1);
}
