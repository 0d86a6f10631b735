import { isDeepStrictEqual } from "node:util";
import type { Builder } from "../../api/objects/builder.ts";
import { apiVersion, poolFinalizer, poolLabel } from "../../api/objects/group.ts";
import type { Kind, Stored } from "../../api/objects/kinds.ts";
import { type Action, eventOf, type OwnedSpec, type PoolEvent, type PoolPlan } from "../../core/pool/action.ts";
import { isStoreError } from "../../store/error.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { PoolWorld } from "./world.ts";

/** The known builders, from the cache or our own writes. */
export interface KnownBuilders {
  get(name: string): Stored<"Builder"> | undefined;
  wrote(builder: Stored<"Builder">): void;
}

/** Parallel writes. Serial writes would take too long in a pool of a thousand builders. */
const atOnce = 16;

/**
 * All later actions depend on these. The finalizer comes before every object that a deletion must clean up. A deleted
 * pod starts again at the revision of the workload, so a workload with the old revision would restart pods for ever.
 */
const isNeeded: ReadonlySet<Action["do"]> = new Set(["addFinalizer", "applyWorkload"]);

/**
 * Carries out a plan's actions in their order, several of one kind in parallel. Emits the Event of each completed
 * action: a later plan does not know it. Returns the failures. Other actions continue after the failure of one object.
 */
export async function applyPlan(
  world: PoolWorld,
  pool: Stored<"BuilderPool">,
  { actions }: Pick<PoolPlan, "actions">,
  builders: KnownBuilders,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const batch of batchesOf(actions)) {
    const results = await Promise.allSettled(batch.map((action) => carryOut(world, pool, action, builders)));
    const failed = results.filter((result) => result.status === "rejected");
    failures.push(...failed.map(({ reason }) => reason));
    if (failed.length > 0 && batch.some((action) => isNeeded.has(action.do))) break;
  }
  return failures;
}

async function carryOut(
  world: PoolWorld,
  pool: Stored<"BuilderPool">,
  action: Action,
  builders: KnownBuilders,
): Promise<void> {
  await act(world, pool, action, builders);
  const event = eventOf(pool.metadata.name, action);
  if (event !== undefined) emitEvent(world, pool.metadata.name, event);
}

/** Splits the actions into batches of one kind, in their order. */
function batchesOf(actions: readonly Action[]): readonly (readonly Action[])[] {
  const batches: Action[][] = [];
  for (const action of actions) {
    const last = batches.at(-1);
    if (last !== undefined && last.length < atOnce && last[0]?.do === action.do) last.push(action);
    else batches.push([action]);
  }
  return batches;
}

/** Logs an Event and emits it. */
export function emitEvent({ log, emit }: Pick<PoolWorld, "log" | "emit">, pool: string, event: PoolEvent): void {
  log.info({ pool, ...event }, "emitted an Event");
  emit?.(event);
}

async function act(
  { store, workloads }: PoolWorld,
  pool: Stored<"BuilderPool">,
  action: Action,
  builders: KnownBuilders,
): Promise<void> {
  const { name } = pool.metadata;
  switch (action.do) {
    case "addFinalizer":
      return setFinalizers(store, pool, (others) => [...others, poolFinalizer]);
    case "removeFinalizer":
      return setFinalizers(store, pool, (others) => [...others]);
    case "applyBuilder":
      return applyBuilder(store, pool, action, builders);
    case "applyWorkload":
      return workloads.apply(pool, action.replicas, action.revision);
    case "deletePod":
      return workloads.deletePod(name, action.name, action.uid, action.graceMs);
    case "deleteBuilder":
      await remove(store, "Builder", action.name);
      return remove(store, "Lease", action.name);
  }
  return action satisfies never;
}

async function setFinalizers(
  store: ObjectStore,
  { metadata: { name, uid } }: Stored<"BuilderPool">,
  change: (others: readonly string[]) => string[],
): Promise<void> {
  await retryOnConflict(
    store,
    "BuilderPool",
    name,
    (current) => {
      const before = current.metadata.finalizers ?? [];
      const finalizers = change(before.filter((other) => other !== poolFinalizer));
      if (current.metadata.uid !== uid || isDeepStrictEqual(before, finalizers)) return undefined;
      return { ...current, metadata: { ...current.metadata, finalizers } };
    },
    "object",
  );
}

async function applyBuilder(
  store: ObjectStore,
  pool: Stored<"BuilderPool">,
  { name, spec }: { readonly name: string; readonly spec: OwnedSpec },
  builders: KnownBuilders,
): Promise<void> {
  const known = builders.get(name);
  const created = known === undefined ? await create(store, newBuilder(pool, name, spec)) : undefined;
  const written =
    created ?? (await retryOnConflict(store, "Builder", name, (current) => withOwned(current, spec), "object", known));
  if (written !== undefined) builders.wrote(written);
}

/** Creates a Builder; undefined when the Builder exists already. */
async function create(store: ObjectStore, builder: Builder): Promise<Stored<"Builder"> | undefined> {
  try {
    return await store.create("Builder", builder);
  } catch (error) {
    if (isStoreError(error, "AlreadyExists")) return undefined;
    throw error;
  }
}

function newBuilder({ metadata: { name: pool, uid } }: Stored<"BuilderPool">, name: string, spec: OwnedSpec): Builder {
  const owner = { apiVersion, kind: "BuilderPool", name: pool, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion,
    kind: "Builder",
    metadata: { name, labels: { [poolLabel]: pool }, ownerReferences: [owner] },
    spec,
  };
}

/**
 * Replaces the fields of the operator, absent ones included. Fields set by people (silent, debug) stay. The Builder of
 * another pool stays as it is: the next plan finds the conflict.
 */
function withOwned(current: Stored<"Builder">, spec: OwnedSpec): Stored<"Builder"> | undefined {
  if (current.spec.pool !== spec.pool) return undefined;
  const { drainReason: _, revision: __, end: ___, ...kept } = current.spec;
  const next = { ...kept, ...spec };
  return isDeepStrictEqual(next, current.spec) ? undefined : { ...current, spec: next };
}

async function remove(store: ObjectStore, kind: Kind, name: string): Promise<void> {
  try {
    await store.delete(kind, name);
  } catch (error) {
    if (!isStoreError(error, "NotFound")) throw error;
  }
}
