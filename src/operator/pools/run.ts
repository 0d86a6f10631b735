import { quarantineEventOf } from "../../core/pool/builder/quarantine.ts";
import { createWorkqueue } from "../../store/queue/workqueue.ts";
import { createCache, isSameSpec } from "../../store/watch/cache.ts";
import { emitEvent } from "./apply.ts";
import { createMemory } from "./memory.ts";
import { reconcilePool, resync } from "./reconcile.ts";
import type { PoolCaches, PoolWorld } from "./world.ts";

/** Builders and pods change many at a time. Changes within this time make one reconcile. */
const gather = 50;
/** Builds change often and affect only counts. Changes within this time make one write. */
const countsAfter = 1000;

/** Reconciles every pool with its spec until `signal` aborts. At rest a reconcile writes nothing. */
export async function runPools(world: PoolWorld, signal: AbortSignal): Promise<void> {
  const { store, workloads, clock, log } = world;
  const memory = createMemory();
  const queue = createWorkqueue({
    clock,
    concurrency: 4,
    handle: (name) => reconcilePool(name, world, caches, memory),
    onError: (pool, error, retryInMs) =>
      log.warn({ pool, error: String(error), retryInMs }, "could not reconcile a pool; retrying"),
    backoff: { firstMs: 500, maxMs: resync },
  });
  const caches: PoolCaches = {
    pools: createCache(store, "BuilderPool", {
      signal,
      onChange: (change, before) => {
        queue.add(change.object.metadata.name);
        if (isSameSpec(change, before)) return;
        for (const { metadata } of caches.pools.list()) queue.add(metadata.name); // the owner of a check depends on all pools
      },
    }),
    builders: createCache(store, "Builder", {
      signal,
      onChange: ({ type, object }, before) => {
        if (type === "Deleted") memory.written.delete(object.metadata.name);
        const event = quarantineEventOf(before, object);
        if (event !== undefined) emitEvent(world, object.spec.pool, event);
        queue.add(object.spec.pool, { afterMs: gather });
      },
    }),
    builds: createCache(store, "Build", {
      signal,
      onChange: ({ object }) => queue.add(object.spec.pool, { afterMs: countsAfter }),
    }),
  };
  workloads.onChange((pool) => queue.add(pool, { afterMs: gather }));
  world.accounts?.onChange((pool) => queue.add(pool, { afterMs: gather }));
  await Promise.all([caches.pools.synced, caches.builders.synced, caches.builds.synced]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  await queue.run(signal);
}
