import type { BuilderStatus } from "../api/objects/builder.ts";
import type { ResolvedCheck } from "../api/objects/check.ts";
import { poolLabel } from "../api/objects/group.ts";
import type { BuilderPool } from "../api/objects/pool.ts";
import { milliseconds } from "../api/values/duration.ts";
import { poolChecksOf } from "../core/definitions/checks.ts";
import { createPreference } from "../core/partition/preference.ts";
import { createCache } from "../store/watch/cache.ts";
import { createWake } from "../system/wake.ts";
import type { Brain } from "./brain.ts";
import type { Declared, Settings } from "./config/config.ts";
import { createConfigFolder } from "./config/configFolder.ts";
import type { Sandbox } from "./config/sandbox.ts";
import { createHeartbeat } from "./report/heartbeat.ts";
import { createNotes } from "./report/notes.ts";
import { createOutbox } from "./report/outbox.ts";
import { createOwnStatus } from "./report/ownStatus.ts";
import { createWaitingTimes } from "./work/waitingTimes.ts";
import type { BuilderWorld } from "./world.ts";

/** Connects the parts of one builder. They live until `signal` aborts. */
export function createBrain(world: BuilderWorld, sandbox: Sandbox, signal: AbortSignal): Brain {
  const { clock, incarnation, name, pool: poolName, store } = world;
  const wake = createWake(clock);
  const listeners = new Set<() => void>();
  const waiting = createWaitingTimes(clock);
  const status = createOwnStatus(world, initialStatus(world));
  const beats = createHeartbeat({ ...world, self: () => builders.get(name) });
  const folder = createConfigFolder(sandbox);
  const setNote = createNotes(status);
  let settings: Settings = { silent: false, debug: false, timeouts: {} };
  let refreshing = Promise.resolve();
  let orders = 0;

  function changed(): void {
    wake.ring();
    for (const listener of listeners) listener();
  }
  const ofPool = { labels: { [poolLabel]: poolName } };
  const builds = createCache(store, "Build", {
    signal,
    selector: ofPool,
    onChange(change) {
      waiting.observe(change);
      changed();
    },
  });
  const builders = createCache(store, "Builder", {
    signal,
    selector: ofPool,
    onChange({ object }) {
      if (object.metadata.name === name && beats.mayStart()) status.observe(object);
      changed();
    },
  });
  const pools = createCache(store, "BuilderPool", { signal, onChange: changed });

  async function refresh(): Promise<void> {
    const pool = pools.get(poolName);
    if (pool === undefined) return;
    const read = await folder.read(declare(pool, builders.get(name)?.spec ?? {}, resolved(pool)));
    settings = read.settings;
    setNote("config", read.warnings.join("; ") || undefined);
    status.setStatus({ silent: settings.silent, debug: settings.debug });
  }

  const synced = Promise.all([builds.synced, builders.synced, pools.synced]).then(() => {});
  synced.catch(() => {}); // one that is told to end at its start waits for nothing
  const resolved = memo((pool: BuilderPool) => poolChecksOf(pool).checks);
  return {
    world,
    sandbox,
    status,
    setNote,
    heartbeat: beats,
    outbox: createOutbox(world, sandbox.pendingLogs, (sentence) => setNote("logs", sentence)),
    wake,
    builds,
    builders,
    synced,
    preference: createPreference(name),
    waited: waiting.of,
    cleaning: { last: clock.monotonic() },
    self: () => builders.get(name),
    pool: () => pools.get(poolName),
    checks() {
      const pool = pools.get(poolName);
      return pool === undefined ? [] : resolved(pool).map((check) => limited(check, settings.timeouts));
    },
    settings: () => settings,
    refresh() {
      refreshing = refreshing.then(refresh).catch((error: unknown) => {
        world.log.warn({ builder: name, error: String(error) }, "config/ could not be read or written");
      });
      return refreshing;
    },
    nextId() {
      orders += 1;
      return `${incarnation}.${orders}`;
    },
    recordVersions(versions) {
      if (versions !== undefined) status.setStatus({ versions: { ...status.get().versions, ...versions } });
    },
    changed,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function initialStatus({ incarnation, revision, podUid, host, versions }: BuilderWorld): BuilderStatus {
  return { phase: "Pending", incarnation, revision, podUid, host, ...(versions && { versions: { ...versions } }) };
}

function declare(
  { spec }: BuilderPool,
  own: {
    readonly silent?: boolean | undefined;
    readonly debug?: boolean | undefined;
    readonly workerIndex?: number | undefined;
    readonly poolSize?: number | undefined;
  },
  checks: readonly ResolvedCheck[],
): Declared {
  const longest = (limit: "command" | "build") =>
    checks.length === 0 ? undefined : Math.max(...checks.map(({ timeouts }) => milliseconds(timeouts[limit])));
  return {
    silent: own.silent ?? spec.silent,
    debug: own.debug ?? spec.debug,
    index: own.workerIndex,
    size: own.poolSize,
    command: longest("command"),
    build: longest("build"),
  };
}

function limited(check: ResolvedCheck, { command, build }: Settings["timeouts"]): ResolvedCheck {
  if (command === undefined && build === undefined) return check;
  const timeouts = {
    command: command === undefined ? check.timeouts.command : `${command}ms`,
    build: build === undefined ? check.timeouts.build : `${build}ms`,
  };
  return { ...check, timeouts };
}

/** The cache replaces an object when it changes, so the last answer holds while the object is the same. */
function memo<A extends object, B>(compute: (from: A) => B): (from: A) => B {
  let last: { readonly from: A; readonly value: B } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, value: compute(from) };
    return last.value;
  };
}
