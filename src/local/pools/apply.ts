import { isDeepStrictEqual } from "node:util";
import { poolFinalizer } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { retryOnConflict } from "../../store/write.ts";

/**
 * Makes the pools of the store those of the files: what is new is created, what changed is replaced, and what the files no longer
 * name is deleted, which drains its builders; unless they are not all that the files hold. Returns a line for each change.
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
      lines.push(`${name}: is still being deleted; it is created again when that is done`);
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
      lines.push(`${name}: is not in what can be read of the files, and stays as it was until they are corrected`);
      continue;
    }
    await store.delete("BuilderPool", name);
    lines.push(`${name}: is no longer in the files: its builders drain, then it goes`);
  }
  return lines;
}

/** Creates one pool; returns the line about it. */
export async function createPool(store: ObjectStore, pool: BuilderPool): Promise<string> {
  const finalizers = [poolFinalizer];
  await store.create("BuilderPool", { ...pool, metadata: { ...pool.metadata, finalizers } });
  return `${pool.metadata.name}: created`;
}

/** Names of the top-level fields that differ. */
function differences(before: object, after: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => !isDeepStrictEqual(a.get(key), b.get(key)));
}
