import { planPool } from "../../core/pool/plan.ts";
import { applyPlan, emitEvent } from "./apply.ts";
import { reconcileHosts } from "./hosts.ts";
import type { Memory } from "./memory.ts";
import { buildersOf, createKnownBuilders, observePool } from "./observe.ts";
import { writeStatus } from "./status.ts";
import type { PoolCaches, PoolWorld } from "./world.ts";

/** Listings have no watch, so each pool is reconciled at least this often. */
const resync = 15_000;

/**
 * Observes, plans and applies. Emits Events before the status write: the write overwrites the old conditions that
 * Events are computed from. Returns the milliseconds until the next reconcile; undefined for a deleted pool.
 */
export async function reconcilePool(
  name: string,
  world: PoolWorld,
  caches: PoolCaches,
  memory: Memory,
): Promise<number | undefined> {
  const pool = caches.pools.get(name);
  if (pool === undefined) {
    memory.pools.delete(name);
    return undefined;
  }
  const plan = planPool(await observePool(pool, world, caches, memory), world.clock.now());
  const known = createKnownBuilders(caches, memory);
  await applyPlan(world, pool, plan, known);
  for (const event of plan.events) emitEvent(world, name, event);
  const statusAfter = await writeStatus(world, pool, plan.status, memory);
  await reconcileHosts(world, pool, buildersOf(name, caches, memory), known);
  return Math.min(plan.requeueAfter ?? resync, statusAfter ?? resync, resync);
}
