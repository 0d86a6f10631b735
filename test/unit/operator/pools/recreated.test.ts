import { expect, it, onTestFinished } from "vitest";
import { poolFinalizer } from "../../../../src/api/objects/group.ts";
import { createLocalWorkloads } from "../../../../src/local/workload/workloads.ts";
import { createMemory } from "../../../../src/operator/pools/memory.ts";
import { observePool } from "../../../../src/operator/pools/observe.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { createCache } from "../../../../src/store/watch/cache.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { aPool } from "../../core/pool/world.ts";

const hour = 3_600_000;

/** The pool `o2` in a store, and its deletion as the operator observes it. */
function aPoolInStore() {
  const clock = fakeClock();
  const log = createLog({ level: "silent" });
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  const end = new AbortController();
  onTestFinished(() => {
    end.abort();
    store.close();
  });
  const { signal } = end;
  const caches = {
    pools: createCache(store, "BuilderPool", { signal }),
    builders: createCache(store, "Builder", { signal }),
    builds: createCache(store, "Build", { signal }),
  };
  const workloads = createLocalWorkloads({
    start: () => ({ stop() {}, kill() {}, ended: Promise.resolve() }),
    clock,
    log,
  });
  const world = { store, workloads, clock, log, listings: () => [], refused: () => undefined };
  const memory = createMemory();

  async function create() {
    await store.create("BuilderPool", { ...aPool(), metadata: { name: "o2", finalizers: [poolFinalizer] } });
    await clock.advance(0);
  }
  async function remove() {
    await store.delete("BuilderPool", "o2");
    await clock.advance(0);
  }
  async function removeFinalizer() {
    const pool = await store.get("BuilderPool", "o2");
    if (pool !== undefined)
      await store.update("BuilderPool", { ...pool, metadata: { ...pool.metadata, finalizers: [] } });
  }
  async function observe() {
    const pool = caches.pools.get("o2");
    return pool && (await observePool(pool, world, caches, memory));
  }
  const deletingFor = async () => (await observe())?.deletingFor;
  return { clock, store, create, remove, removeFinalizer, observe, deletingFor };
}

it("gives a recreated pool the full time for its own deletion", async () => {
  const { clock, create, remove, removeFinalizer, deletingFor } = aPoolInStore();

  await create();
  await remove();
  expect(await deletingFor()).toBe(0);
  await clock.advance(hour);
  expect(await deletingFor()).toBe(hour);
  await removeFinalizer();
  await create();
  expect(await deletingFor()).toBe(0);
  await remove();
  expect(await deletingFor()).toBe(0);
});

it("counts the time since the last host of a pool, also if its name left the pool before the deletion", async () => {
  const { clock, store, create, remove, observe } = aPoolInStore();
  await create();
  const { status: _, ...host } = aBuilder("mac1", {}, { pool: "o2", external: true });
  await store.create("Builder", { ...host, metadata: { name: "mac1" } });
  await clock.advance(0);
  await observe();
  await store.delete("Builder", "mac1");
  await clock.advance(1_000);
  await remove();
  expect((await observe())?.withoutHostsFor).toBe(1_000);
});
