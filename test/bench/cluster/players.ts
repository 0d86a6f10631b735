/*
 * `players.ts KUBECONFIG NAMESPACE WHOLE FOLDER`: simulates the builder of every running pod of the namespace, a
 * thousand in one process. Exits at the end of standard input.
 * Builders of the pool WHOLE are complete, with simulated cells. The other builders only write status and heartbeat,
 * with the code of a real builder.
 */
import { join } from "node:path";
import { poolLabel, revisionLabel } from "../../../src/api/objects/group.ts";
import { createHeartbeat } from "../../../src/builder/report/heartbeat.ts";
import { createOwnStatus } from "../../../src/builder/report/ownStatus.ts";
import { runBuilder } from "../../../src/builder/run.ts";
import type { BuilderWorld } from "../../../src/builder/world.ts";
import { createInformer } from "../../../src/operator/cluster/informer.ts";
import { pods } from "../../../src/operator/cluster/resources.ts";
import type { KubernetesObject } from "../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../../../src/store/kubernetes/kubernetes.ts";
import { type Cache, createCache } from "../../../src/store/watch/cache.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { createTimedWake, type TimedWake } from "../../../src/system/wake.ts";
import { createSimulatedCells } from "./hands.ts";

const [kubeconfig = "", namespace = "", whole = "", folder = ""] = process.argv.slice(2);
/** Milliseconds of a warm-up. */
const warmup = 2_000;
const log = createLog({ level: "silent" });
const client = createKubernetesClient(await accessFromKubeConfig(kubeconfig, clock), namespace);
const store = createKubernetesStore({ client, clock, log });
const end = new AbortController();
process.stdin.resume().once("end", () => process.exit());

interface Player {
  readonly uid: string;
  readonly end: AbortController;
  readonly wake: TimedWake;
}
const players = new Map<string, Player>();

const builders: Cache<"Builder"> = createCache(store, "Builder", {
  signal: end.signal,
  onChange: ({ object }) => players.get(object.metadata.name)?.wake.ring(),
});
createInformer({ client, clock, log, signal: end.signal }, pods, readPod, () => {});

/** Called at each change of a pod. A running pod has a player; a terminating pod has none. */
function readPod({ metadata, ["status"]: status }: KubernetesObject) {
  const { name, uid = "", labels = {}, deletionTimestamp } = metadata;
  const runs = deletionTimestamp === undefined && (status as { phase?: string }).phase === "Running";
  const player = players.get(name);
  if (player !== undefined && (!runs || player.uid !== uid)) {
    player.end.abort();
    players.delete(name);
  }
  if (runs && players.get(name) === undefined) {
    const next = { uid, end: new AbortController(), wake: createTimedWake(clock) };
    players.set(name, next);
    const pool = labels[poolLabel] ?? "";
    const world = worldOf(name, pool, labels[revisionLabel] ?? "", uid);
    void (pool === whole ? runBuilder(world, next.end.signal, next.end.signal) : simulate(world, next));
  }
  return { metadata, pool: labels[poolLabel] ?? "" };
}

function worldOf(name: string, pool: string, revision: string, podUid: string): BuilderWorld {
  return {
    ...{ name, pool, revision, podUid, incarnation: `run-${podUid}`, host: name, store, clock, log },
    ...{ sandbox: join(folder, podUid), versions: { builderpool: "0.1.0", alibuild: "1.17.44" } },
    ...createSimulatedCells(clock),
  };
}

async function simulate(world: BuilderWorld, { end: { signal }, wake }: Player): Promise<void> {
  const { name, incarnation, revision, podUid, host, versions = {} } = world;
  const status = createOwnStatus(world, {
    phase: "Pending",
    incarnation,
    revision,
    podUid,
    host,
    versions: { ...versions },
  });
  while (!signal.aborted && builders.get(name) === undefined) await wake.sleep(1000, signal);
  const self = () => builders.get(name);
  const beats = createHeartbeat({ ...world, self });
  const renewed = () => {
    const builder = self();
    // The operator may have marked the builder Lost: `reclaim` restores its status.
    if (builder !== undefined) status.reclaim(builder);
  };
  void beats.run(signal, { beat() {}, renewed, replaced() {} });
  void status.run(signal);
  const at = () => new Date(clock.now()).toISOString();
  status.setStatus({
    phase: "Warming",
    warmup: { done: 0, total: 3, doing: "Fetching alisw/alidist", progressAt: at() },
  });
  await clock.sleep(warmup, signal).catch(() => {});
  const warm = { incarnation, revision, at: at() };
  status.setStatus({ phase: "Ready", warm, warmup: { done: 3, total: 3, progressAt: at() } });
  while (!signal.aborted) {
    status.setStatus({ phase: self()?.spec.desired === "Drain" ? "Drained" : "Ready" });
    await wake.sleep(60_000, signal);
  }
}
