import { planPool } from "../../core/pool/plan.ts";
import { messageOf } from "../../system/messageOf.ts";
import { applyPlan, emitEvent } from "./apply.ts";
import { reconcileHosts } from "./hosts.ts";
import type { Memory } from "./memory.ts";
import { buildersOf, createKnownBuilders, observePool } from "./observe.ts";
import { writeStatus } from "./status.ts";
import type { PoolCaches, PoolWorld } from "./world.ts";

/** Listings have no watch, so each pool is reconciled at least this often, also after failures. */
export const resync = 15_000;

/**
 * Observes, plans and applies. Emits Events before the status write: the write overwrites the old conditions that
 * Events are computed from. Returns the milliseconds until the next reconcile; undefined for a deleted pool. After a
 * failed action the status shows the failure, and the first failure is thrown at the end.
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
  const observed = await observePool(pool, world, caches, memory);
  const now = world.clock.now();
  const plan = planPool(observed, now);
  const known = createKnownBuilders(caches, memory);
  const failures = await applyPlan(world, pool, plan, known);
  const { status, events } =
    failures.length === 0 ? plan : planPool({ ...observed, failures: failures.map(messageOf) }, now);
  for (const event of events) emitEvent(world, name, event);
  const statusAfter = await writeStatus(world, pool, status, memory);
  await reconcileHosts(world, pool, buildersOf(name, caches, memory), known);
  if (failures.length > 0) throw failures[0];
  return Math.min(plan.requeueAfter ?? resync, statusAfter ?? resync, resync);
}
