import { isDeepStrictEqual } from "node:util";
import { poolFinalizer } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { retryOnConflict } from "../../store/write.ts";

/**
 * Makes the pools of the store equal to `pools`: creates new pools, replaces changed specs, and deletes the other
 * pools, which drains their builders. With `areAll` false it deletes no pool, since some files could not be read.
 * Returns one line per change. Throws StoreError.
 */
export async function applyPools(
  store: ObjectStore,
  pools: readonly BuilderPool[],
  areAll: boolean,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const known = new Map((await store.list("BuilderPool")).map((pool) => [pool.metadata.name, pool]));
  for (const pool of pools) {
    const name = pool.metadata.name;
    const before = known.get(name);
    known.delete(name);
    if (before?.metadata.deletionTimestamp !== undefined) {
      lines.push(`${name}: is still being deleted; the pool is created again afterwards`);
    } else if (before === undefined) {
      lines.push(await createPool(store, pool));
    } else if (!isDeepStrictEqual(before.spec, pool.spec)) {
      await retryOnConflict(store, "BuilderPool", name, (current) => ({ ...current, spec: pool.spec }), "object");
      lines.push(`${name}: changed: ${differences(before.spec, pool.spec).join(", ")}`);
    }
  }
  for (const [name, { metadata }] of known) {
    if (metadata.deletionTimestamp !== undefined) continue;
    if (!areAll) {
      lines.push(
        `${name}: not found in the readable part of the files; the pool stays unchanged until the files are corrected`,
      );
      continue;
    }
    await store.delete("BuilderPool", name);
    lines.push(`${name}: is no longer in the files: its builders drain, then the pool is deleted`);
  }
  return lines;
}

/** Creates one pool with the operator's finalizer. Returns the line for people. Throws StoreError. */
export async function createPool(store: ObjectStore, pool: BuilderPool): Promise<string> {
  const finalizers = [poolFinalizer];
  await store.create("BuilderPool", { ...pool, metadata: { ...pool.metadata, finalizers } });
  return `${pool.metadata.name}: created`;
}

/** Returns the names of the top-level fields that differ. */
function differences(before: object, after: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => !isDeepStrictEqual(a.get(key), b.get(key)));
}
