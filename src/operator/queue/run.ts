import type { Stored } from "../../api/objects/kinds.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isOfAnotherPool, isShadow } from "../../core/build/state.ts";
import { contextOf, poolChecksOf } from "../../core/definitions/checks.ts";
import { checkOwnersOf } from "../../core/definitions/ownership.ts";
import { isActive } from "../../core/partition/active.ts";
import { isSilentBuilder } from "../../core/partition/silence.ts";
import { firstBuildsOf, isFirstBuild } from "../../core/queue/firstBuild.ts";
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
  /** Whether tested pull requests are rebuilt until their merge. */
  readonly rechecks: boolean;
  /** Pools with changes that their Builds do not reflect yet. This part writes the map, others read it. */
  readonly unsettled: Map<string, number>;
}

interface Caches {
  readonly pools: Cache<"BuilderPool">;
  readonly builds: Cache<"Build">;
  readonly builders: Cache<"Builder">;
}

/** Changes within this time make one plan. */
const gather: Milliseconds = 50;
/** Builds change often. The consequences (the group of a verdict, the end of a blocked build) are not urgent. */
const gatherBuilds: Milliseconds = 500;
/** Delay before the next plan after a write conflict: the cache must first receive the other write. */
const conflictDelay: Milliseconds = 200;

/**
 * Keeps the Builds of all pools equal to the pools' checks and GitHub's listings, until `signal` aborts. Each
 * repository and branch is listed once for all pools. Any change of the inputs plans the pool's queue again. Without a
 * difference the plan writes nothing.
 */
export async function runQueue(world: QueueWorld, signal: AbortSignal): Promise<void> {
  const { store, clock, log, listings, unsettled } = world;
  const onError = (key: string, error: unknown, retryInMs: Milliseconds) =>
    log.error({ key, error: String(error), retryInMs }, "could not list or update the queue; retrying");

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
    onChange: ({ object }, before) => {
      unsettle(object.spec.pool, gatherBuilds);
      for (const { metadata } of pools.list().filter(mayShadow)) unsettle(metadata.name, gatherBuilds);
      // The owner of the check may have waited for this pool.
      if (hasYielded(object, before)) for (const { metadata } of pools.list()) unsettle(metadata.name);
      if (isClaimedNow(object, before) && isFirstBuild(object)) readTrustAgain(object);
    },
  });
  const builders = createCache(store, "Builder", {
    signal,
    onChange: ({ object }, before) => {
      if (shadowFactsOf(object) !== shadowFactsOf(before)) unsettle(object.spec.pool);
    },
  });
  let changes = 0;

  function unsettle(pool: string, afterMs = gather): void {
    changes += 1;
    unsettled.set(pool, changes);
    plans.add(pool, { afterMs });
  }

  /** A pool's spec changed. The listings, their intervals and the owners of checks may change with it. */
  function follow({ metadata }: Stored<"BuilderPool">): void {
    const targets = targetsOf(pools.list());
    const changed = [...targets].filter(([key, target]) => !isSameTarget(target, listings.target(key)));
    listings.setTargets(targets);
    for (const [key] of changed) lists.add(key);
    for (const pool of [metadata.name, ...pools.list().map((one) => one.metadata.name)]) unsettle(pool);
  }

  async function list(key: string): Promise<Milliseconds | undefined> {
    const next = await listTarget(key, world, (target) => firstBuildsOf(builds.list(), target), signal);
    for (const { metadata } of listings.target(key)?.pools ?? []) unsettle(metadata.name);
    // The Build of a removed check stays until a listing shows its verdict.
    for (const { spec } of builds.list()) if (spec.blocked?.reason === "CheckRemoved") unsettle(spec.pool);
    return next;
  }

  /** Trust may have been withdrawn since the last listing. The plan then blocks the Build, and its holder stops. */
  function readTrustAgain({ spec: { pool: name, repository, base } }: Stored<"Build">): void {
    const pool = pools.get(name);
    const key = pool && targetKey(pool, { repository, branch: base });
    // After a failure the next listing waits as GitHub requested.
    if (key !== undefined && listings.target(key) !== undefined && listings.failures(key) === 0) lists.add(key);
  }

  async function settle(name: string): Promise<Milliseconds | undefined> {
    const change = unsettled.get(name);
    const observed = observe(world, name, { pools, builds, builders });
    const actions = observed === undefined ? [] : planQueue(observed, clock.now());
    const { overtaken, failed } = await applyQueue(actions, world);
    if (failed > 0) throw new Error(`${failed} of ${actions.length} builds of the pool "${name}" could not be written`);
    if (overtaken > 0) return conflictDelay;
    if (unsettled.get(name) === change) unsettled.delete(name);
    return undefined;
  }

  try {
    await Promise.all([pools.synced, builds.synced, builders.synced]);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await Promise.all([plans.run(signal), lists.run(signal)]);
}

function isClaimedNow({ status }: Stored<"Build">, before: Stored<"Build"> | undefined): boolean {
  return status?.phase === "Claimed" && status.attempt !== before?.status?.attempt;
}

/** Whether a Build left its check to another pool: blocked for it, or turned into a shadow. */
function hasYielded(build: Stored<"Build">, before: Stored<"Build"> | undefined): boolean {
  return isOfAnotherPool(build) || (isShadow(build) && before !== undefined && !isShadow(before));
}

/** Whether teams, poll interval and credentials of a target are unchanged. A changed target is listed at once. */
function isSameTarget(target: Target, before: Target | undefined): boolean {
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
  { pools, builds, builders }: Caches,
): ObservedQueue | undefined {
  const pool: Stored<"BuilderPool"> | undefined = pools.get(name);
  const [own, others] = [[] as Stored<"Build">[], [] as Stored<"Build">[]];
  for (const build of builds.list()) (build.spec.pool === name ? own : others).push(build);
  const keyOf = (check: Parameters<typeof contextOf>[0], number: number) => `${number} ${contextOf(check)}`;
  const rivals = Map.groupBy(others, ({ spec }) =>
    keyOf({ name: spec.check, repository: spec.repository }, spec.number),
  );
  return (
    pool && {
      pool,
      ...poolChecksOf(pool),
      ownerOf: checkOwnersOf(pools.list()),
      listingOf: (target) => listings.get(targetKey(pool, target)),
      builds: own,
      rechecks,
      rivalsOf: (check, number) => rivals.get(keyOf(check, number)) ?? [],
      shadows: {
        builders: builders.list().filter(({ spec }) => spec.pool === name),
        buildOf: (build) => builds.get(build),
      },
    }
  );
}

/** Whether a pool may build shadows of another pool: the pool or one of its checks is silent. */
function mayShadow({ spec }: Stored<"BuilderPool">): boolean {
  return spec.silent || (spec.checks ?? []).some(({ silent }) => silent === true);
}

/** The facts of a builder that decide about shadows, as a key. */
function shadowFactsOf(builder: Stored<"Builder"> | undefined): string {
  if (builder === undefined) return "";
  return `${isActive(builder)} ${isSilentBuilder(builder)} ${builder.status?.revision}`;
}
