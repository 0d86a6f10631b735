import { type BuilderStatus, versionLimits } from "../api/objects/builder.ts";
import { poolLabel } from "../api/objects/group.ts";
import type { Stored } from "../api/objects/kinds.ts";
import { createPreference } from "../core/partition/preference.ts";
import { createCache } from "../store/watch/cache.ts";
import { createTimedWake } from "../system/wake.ts";
import { createAreas } from "./areas/areas.ts";
import type { Brain } from "./brain.ts";
import { limitOrders } from "./cells/timeLimit.ts";
import type { Sandbox } from "./config/sandbox.ts";
import { createSettingsReader } from "./config/settings.ts";
import { createHeartbeat } from "./report/heartbeat.ts";
import { createNotes } from "./report/notes.ts";
import { createOutbox } from "./report/outbox.ts";
import { createOwnStatus } from "./report/ownStatus.ts";
import { createWaitingTimes, type WaitingTimes } from "./work/waitingTimes.ts";
import type { BuilderWorld } from "./world.ts";

/** Connects the parts of one builder. They live until `signal` aborts. */
export function createBrain(given: BuilderWorld, sandbox: Sandbox, signal: AbortSignal): Brain {
  const world = { ...given, cells: limitOrders(given.cells, given) };
  const { clock, incarnation, name, pool: poolName } = world;
  const wake = createTimedWake(clock);
  const listeners = new Set<() => void>();
  const waiting = createWaitingTimes(clock);
  const status = createOwnStatus(world, initialStatus(world));
  const heartbeat = createHeartbeat({ ...world, self });
  const setNote = createNotes(status);

  function notify(): void {
    wake.ring();
    for (const listener of listeners) listener();
  }
  const { builds, builders, pools, synced } = openCaches(world, signal, {
    waiting,
    notify,
    onSelf(object) {
      if (heartbeat.mayStart()) status.observe(object);
    },
  });
  function self() {
    return builders.get(name);
  }
  const pool = () => pools.get(poolName);
  return {
    world,
    sandbox,
    areas: createAreas({
      ...sandbox,
      owner: world.owners?.build,
      clock,
      report: (sentence) => setNote("areas", sentence),
    }),
    status,
    setNote,
    heartbeat,
    outbox: createOutbox(world, sandbox.pendingLogs, (sentence) => setNote("logs", sentence)),
    wake,
    builds,
    builders,
    synced,
    preference: createPreference(name),
    waited: waiting.of,
    cleaning: { bornAt: clock.monotonic(), last: new Map() },
    self,
    pool,
    ...createSettingsReader({ world, sandbox, status, setNote, self, pool }),
    nextId: createOrderIds(incarnation),
    recordVersions(versions) {
      if (versions !== undefined)
        status.setStatus({ versions: boundedVersions(status.get().versions, versions, world.versions) });
    },
    notify,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Opens the caches of the pool's Builds and Builders, and of all pools. */
function openCaches(
  { name, pool, store }: BuilderWorld,
  signal: AbortSignal,
  on: {
    readonly waiting: Pick<WaitingTimes, "observe">;
    readonly notify: () => void;
    /** Called with every change of this builder's own object. */
    readonly onSelf: (object: Stored<"Builder">) => void;
  },
) {
  const selector = { labels: { [poolLabel]: pool } };
  const builds = createCache(store, "Build", {
    signal,
    selector,
    onChange(change) {
      on.waiting.observe(change);
      on.notify();
    },
  });
  const builders = createCache(store, "Builder", {
    signal,
    selector,
    onChange({ object }) {
      if (object.metadata.name === name) on.onSelf(object);
      on.notify();
    },
  });
  const pools = createCache(store, "BuilderPool", { signal, onChange: on.notify });
  const synced = Promise.all([builds.synced, builders.synced, pools.synced]).then(() => {});
  synced.catch(() => {}); // A builder that stops during its start does not wait for its caches.
  return { builds, builders, pools, synced };
}

function initialStatus({ incarnation, revision, podUid, host, machine, versions }: BuilderWorld): BuilderStatus {
  const known = { ...(machine !== undefined && { machine }), ...(versions && { versions: { ...versions } }) };
  return { phase: "Pending", incarnation, revision, podUid, host, ...known };
}

/**
 * The known versions with the new ones, within the bounds of the status. A cell sends the new ones, and the API server
 * would refuse a status with more. Known names stay. The operator judges the versions of this program, so a cell cannot
 * change them.
 */
function boundedVersions(
  known: BuilderStatus["versions"] = {},
  found: Readonly<Record<string, string>>,
  own: BuilderStatus["versions"] = {},
): Record<string, string> {
  const { entries, key, value } = versionLimits;
  const all = Object.entries({ ...known, ...found, ...own }).filter(([name]) => name.length <= key);
  return Object.fromEntries(all.slice(0, entries).map(([name, version]) => [name, version.slice(0, value)]));
}

function createOrderIds(incarnation: string): () => string {
  let orders = 0;
  return () => {
    orders += 1;
    return `${incarnation}.${orders}`;
  };
}
