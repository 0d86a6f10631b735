import type { Stored } from "../../api/objects/kinds.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { checkOwnersOf } from "../../core/definitions/ownership.ts";
import { type ObservedQueue, planQueue } from "../../core/queue/plan.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { createWorkqueue } from "../../store/queue/workqueue.ts";
import { type Cache, createCache, isSameSpec } from "../../store/watch/cache.ts";
import type { Clock } from "../../system/clock.ts";
import { applyQueue } from "./apply.ts";
import { type ListerWorld, listTarget } from "./lister.ts";
import { type Target, targetKey, targetsOf } from "./targets.ts";

export interface QueueWorld extends ListerWorld {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Whether what was tested is tested again until it is merged. */
  readonly rechecks: boolean;
  /** Pools whose Builds do not reflect all that is known yet. Kept here, for others to read. */
  readonly unsettled: Map<string, number>;
}

/** Several changes of one moment make one plan. */
const gather: Milliseconds = 50;
/** Builds change all the time, and what follows from that (the group of a verdict, the end of a blocked one) nobody waits for. */
const gatherBuilds: Milliseconds = 500;
/** A plan that another writer overtook is made again after this long: the cache must see the other's write first. */
const again: Milliseconds = 200;

/**
 * Keeps the Builds of all pools what the pools' checks and GitHub's listings say, until `signal` aborts. Each repository and
 * branch is listed once for everybody; a pool's queue is planned anew whenever something it looks at has changed, and writes
 * nothing when it is as it should be.
 */
export async function runQueue(world: QueueWorld, signal: AbortSignal): Promise<void> {
  const { store, clock, log, listings, unsettled } = world;
  const onError = (key: string, error: unknown, retryInMs: Milliseconds) =>
    log.error({ key, error: String(error), retryInMs }, "queue work failed");

  const plans = createWorkqueue({ clock, concurrency: 1, handle: settle, onError });
  const lists = createWorkqueue({ clock, concurrency: 4, handle: list, onError });
  const pools = createCache(store, "BuilderPool", {
    signal,
    onChange: (change, before) => {
      if (!isSameSpec(change, before)) follow(change.object);
    },
  });
  const builds = createCache(store, "Build", {
    signal,
    onChange: ({ object }) => unsettle(object.spec.pool, gatherBuilds),
  });
  let changes = 0;

  function unsettle(pool: string, afterMs = gather): void {
    changes += 1;
    unsettled.set(pool, changes);
    plans.add(pool, { afterMs });
  }

  /** A pool's spec changed: so may what is listed, how often, and whose check is whose. */
  function follow({ metadata }: Stored<"BuilderPool">): void {
    const targets = targetsOf(pools.list());
    const changed = [...targets].filter(([key, target]) => !isSameWork(target, listings.target(key)));
    listings.want(targets);
    for (const [key] of changed) lists.add(key);
    for (const pool of [metadata.name, ...pools.list().map((one) => one.metadata.name)]) unsettle(pool);
  }

  async function list(key: string): Promise<Milliseconds | undefined> {
    const next = await listTarget(key, world, signal);
    for (const { metadata } of listings.target(key)?.pools ?? []) unsettle(metadata.name);
    return next;
  }

  async function settle(name: string): Promise<Milliseconds | undefined> {
    const change = unsettled.get(name);
    const observed = observe(world, name, pools, builds);
    const actions = observed === undefined ? [] : planQueue(observed, clock.now());
    const { overtaken, failed } = await applyQueue(actions, world);
    if (failed > 0) throw new Error(`${failed} of ${actions.length} builds of the pool "${name}" could not be written`);
    if (overtaken > 0) return again;
    if (unsettled.get(name) === change) unsettled.delete(name);
    return undefined;
  }

  try {
    await Promise.all([pools.synced, builds.synced]);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await Promise.all([plans.run(signal), lists.run(signal)]);
}

/** Whether a target is listed for the same teams, as often and with the same credentials as before; otherwise it is listed at once. */
function isSameWork(target: Target, before: Target | undefined): boolean {
  return (
    target.teams.join() === before?.teams.join() &&
    target.pollInterval === before.pollInterval &&
    credentialsOf(target) === credentialsOf(before)
  );
}

function credentialsOf({ pools }: Target): string {
  return pools.map(({ spec }) => spec.github.secretRef?.name ?? "").join();
}

function observe(
  { listings, rechecks }: QueueWorld,
  name: string,
  pools: Cache<"BuilderPool">,
  builds: Cache<"Build">,
): ObservedQueue | undefined {
  const pool: Stored<"BuilderPool"> | undefined = pools.get(name);
  return (
    pool && {
      pool,
      ...poolChecksOf(pool),
      ownerOf: checkOwnersOf(pools.list()),
      listingOf: (check) => listings.get(targetKey(pool, check)),
      builds: builds.list().filter(({ spec }) => spec.pool === name),
      rechecks,
    }
  );
}
