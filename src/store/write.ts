import type { Kind, Stored } from "../api/objects/kinds.ts";
import { isStoreError } from "./error.ts";
import type { ObjectStore } from "./objectStore.ts";

/** Each conflict means that another writer succeeded. 20 in a row mean two writers that undo each other. */
const attempts = 20;

/**
 * Reads the object, passes it to `change` and writes the result; repeats this after each conflict. `change` returns
 * undefined to skip the write. With `seen`, a recent copy, the first attempt skips the read.
 * Returns the stored object, or undefined if `change` skipped the write or the object is gone.
 * Throws Conflict after 20 attempts, and every other StoreError at once.
 */
export async function retryOnConflict<K extends Kind>(
  store: Pick<ObjectStore, "get" | "update" | "updateStatus">,
  kind: K,
  name: string,
  change: (object: Stored<K>) => Stored<K> | undefined,
  part: "status" | "object",
  seen?: Stored<K>,
): Promise<Stored<K> | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const object = attempt === 1 && seen !== undefined ? seen : await store.get(kind, name);
    const next = object && change(object);
    if (next === undefined) return undefined;
    try {
      return await (part === "status" ? store.updateStatus(kind, next) : store.update(kind, next));
    } catch (error) {
      if (isStoreError(error, "NotFound")) return undefined;
      if (!isStoreError(error, "Conflict") || attempt === attempts) throw error;
    }
  }
}
