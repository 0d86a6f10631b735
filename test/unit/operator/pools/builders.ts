import type { BuilderPhase } from "../../../../src/api/objects/builder.ts";
import { drainAnnotation, restartAnnotation } from "../../../../src/api/objects/group.ts";
import type { Kind } from "../../../../src/api/objects/kinds.ts";
import type { PoolEvent } from "../../../../src/core/pool/action.ts";
import type { Pod } from "../../../../src/core/pool/builder/pod.ts";
import { createLocalWorkloads } from "../../../../src/local/workload/workloads.ts";
import type { RunningBuilder } from "../../../../src/local/workload/world.ts";
import { runLiveness } from "../../../../src/operator/liveness/run.ts";
import { runPools } from "../../../../src/operator/pools/run.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { StoreError } from "../../../../src/store/error.ts";
import type { ObjectStore } from "../../../../src/store/objectStore.ts";
import { retryOnConflict } from "../../../../src/store/write.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aPool } from "../../core/pool/world.ts";

const log = createLog({ level: "silent" });
const minute = 60_000;
const names = () => new Set<string>();

interface Fake {
  readonly pod: Pod;
  /** Ends the process like a crash. */
  crash(): void;
  /** Stops the heartbeat, like a network failure. */
  isSilent: boolean;
  /** Keeps building during a drain. */
  isBusy: boolean;
  /** Quarantines itself, as with broken tools. */
  isBroken: boolean;
}

/** The operator's pools and liveness on a real store, with fake builders. The test advances the clock. */
export async function aMachine(spec: Parameters<typeof aPool>[0] = {}) {
  const clock = fakeClock();
  const embedded = openEmbeddedStore({ file: ":memory:", clock, log });
  const writes: string[] = [];
  const faults = { startThrows: false, listFails: false, statusReplies: true, unreadable: names(), forbidden: names() };
  const watches = new Set<(isHealthy: boolean) => void>();
  const store = watched(embedded, writes, faults, watches);
  const end = new AbortController();
  const builders = new Map<string, Fake>();

  function start(pod: Pod): RunningBuilder {
    if (faults.startThrows) throw new Error("no space left on device");
    const ended = Promise.withResolvers<void>();
    const over = new AbortController();
    const stop = new AbortController();
    const fake: Fake = { pod, crash: ended.resolve, isSilent: false, isBusy: false, isBroken: false };
    builders.set(pod.name, fake);
    void ended.promise.then(() => over.abort());
    void obey(embedded, fake, clock, stop.signal, over.signal).then(ended.resolve);
    return { stop: () => stop.abort(), kill: ended.resolve, ended: ended.promise };
  }

  const workloads = createLocalWorkloads({ start, clock, log });
  const { metadata, ...pool } = aPool(spec);
  await store.create("BuilderPool", { ...pool, metadata: { name: metadata.name } });
  const emitted: PoolEvent[] = [];
  const world = {
    store,
    workloads,
    clock,
    log,
    listings: () => [],
    refused: () => undefined,
    emit: (event: PoolEvent) => void emitted.push(event),
  };
  const running = Promise.all([runPools(world, end.signal), runLiveness(world, end.signal)]);

  return {
    store: embedded,
    workloads,
    clock,
    builders,
    /** Kind and part of every write of the operator. */
    writes,
    /** Emitted Events. */
    emitted,
    faults,
    /** Sets the health of all watches. */
    setWatchHealth(healthy: boolean) {
      for (const onHealth of watches) onHealth(healthy);
    },
    /** Advances the clock in steps of a second. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1000) await clock.advance(Math.min(1000, left));
    },
    async change(spec: Parameters<typeof aPool>[0]) {
      const edit = (now: ReturnType<typeof aPool>) => aPool({ ...now.spec, ...spec }).spec;
      await retryOnConflict(embedded, "BuilderPool", "o2", (now) => ({ ...now, spec: edit(now) }), "object");
    },
    async annotate(name: string, what: "restart" | "drain") {
      await retryOnConflict(
        embedded,
        "Builder",
        name,
        (now) => {
          const annotations =
            what === "drain" ? { [drainAnnotation]: "true" } : { [restartAnnotation]: now.status?.incarnation ?? "" };
          return { ...now, metadata: { ...now.metadata, annotations } };
        },
        "object",
      );
    },
    /** Sets a build in the builder's status. */
    async startsBuild(name: string) {
      const since = new Date(clock.now()).toISOString();
      const building = { build: name, check: "build/o2", repository: "o/r", number: 1, commit: "a".repeat(40), since };
      await retryOnConflict(
        embedded,
        "Builder",
        name,
        (now) => (now.status === undefined ? undefined : { ...now, status: { ...now.status, building } }),
        "status",
      );
    },
    async phases() {
      return (await embedded.list("Builder")).map(({ metadata, status }) => `${metadata.name} ${status?.phase}`);
    },
    async pool() {
      return embedded.get("BuilderPool", "o2");
    },
    uid: (name: string) => builders.get(name)?.pod.uid,
    async [Symbol.asyncDispose]() {
      const closed = workloads.close(0);
      await clock.advance(minute);
      await closed;
      end.abort();
      await clock.advance(minute);
      await running;
      embedded.close();
    },
  };
}

export type Machine = Awaited<ReturnType<typeof aMachine>>;

/** A fake builder: warms up in ten seconds and sends a heartbeat every 15. */
async function obey(
  store: ObjectStore,
  fake: Fake,
  clock: ReturnType<typeof fakeClock>,
  stop: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  const { name, uid, revision } = fake.pod;
  const incarnation = `run-${uid}`;
  let seconds = 0;
  let warmAt = clock.monotonic() + 10_000;
  const setPhase = async (phase: BuilderPhase) => {
    const at = new Date(clock.now()).toISOString();
    const warm = phase === "Ready" ? { warm: { incarnation, revision, at } } : {};
    const status = { phase, incarnation, revision, podUid: uid, ...warm };
    await retryOnConflict(
      store,
      "Builder",
      name,
      (now) => (now.status?.phase === phase && now.status.podUid === uid ? undefined : { ...now, status }),
      "status",
    );
  };
  while (!over.aborted) {
    const builder = await store.get("Builder", name);
    if (builder === undefined) return;
    const drains = stop.aborted || builder.spec.desired === "Drain";
    if (!fake.isSilent) {
      if (seconds % 15 === 0) await sendHeartbeat(store, name, incarnation, clock.now());
      seconds += 1;
      if (drains) {
        const isDone = !fake.isBusy && builder.status?.phase !== "Ready";
        await setPhase(isDone ? "Drained" : "Draining");
        if (isDone && stop.aborted) return;
        warmAt = Math.min(warmAt, clock.monotonic());
      } else if (fake.isBroken) await setPhase("Quarantined");
      else await setPhase(clock.monotonic() >= warmAt ? "Ready" : "Warming");
    }
    await clock.sleep(1000, over).catch(() => {});
  }
}

async function sendHeartbeat(store: ObjectStore, name: string, holderIdentity: string, now: number): Promise<void> {
  await store.apply("Lease", {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name },
    spec: { holderIdentity, renewTime: new Date(now).toISOString() },
  });
}

/** The operator's store: records every write, and fails on request. */
function watched(
  store: ObjectStore,
  writes: string[],
  faults: {
    readonly listFails: boolean;
    readonly statusReplies: boolean;
    readonly unreadable: ReadonlySet<string>;
    readonly forbidden: ReadonlySet<string>;
  },
  watches: Set<(isHealthy: boolean) => void>,
): ObjectStore {
  function recorded<T>(kind: Kind, part: string, reply: T): T {
    writes.push(`${kind} ${part}`);
    return reply;
  }
  return {
    async get(kind, name) {
      if (faults.unreadable.has(name)) throw new StoreError("Invalid", `${kind} "${name}" does not fit its schema`);
      return store.get(kind, name);
    },
    async list(kind, selector) {
      if (faults.listFails) throw new StoreError("Unavailable", "the store does not reply");
      return store.list(kind, selector);
    },
    watch(kind, options) {
      if (options.onHealth !== undefined) watches.add(options.onHealth);
      return store.watch(kind, options);
    },
    create: (kind, object) => recorded(kind, "create", store.create(kind, object)),
    apply: (kind, object) => recorded(kind, "apply", store.apply(kind, object)),
    async update(kind, object) {
      const { name } = object.metadata;
      if (faults.forbidden.has(name))
        throw new StoreError("Forbidden", `the credential may not write ${kind} "${name}"`);
      return recorded(kind, "update", store.update(kind, object));
    },
    async updateStatus(kind, object) {
      const written = await recorded(kind, "status", store.updateStatus(kind, object));
      if (faults.statusReplies) return written;
      throw new StoreError("Unavailable", "the store did not reply");
    },
    delete: (kind, name, precondition) => recorded(kind, "delete", store.delete(kind, name, precondition)),
  };
}
