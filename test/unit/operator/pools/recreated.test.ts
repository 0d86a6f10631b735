import { expect, it, onTestFinished } from "vitest";
import { poolFinalizer } from "../../../../src/api/objects/group.ts";
import { createLocalWorkloads } from "../../../../src/local/workload/workloads.ts";
import { createMemory } from "../../../../src/operator/pools/memory.ts";
import { observePool } from "../../../../src/operator/pools/observe.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { createCache } from "../../../../src/store/watch/cache.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aPool } from "../../core/pool/world.ts";

const hour = 3_600_000;

it("gives a recreated pool the full time for its own deletion", async () => {
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
  async function deletingFor() {
    const pool = caches.pools.get("o2");
    return pool && (await observePool(pool, world, caches, memory)).deletingFor;
  }

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
