import type { Kind, Stored } from "../api/objects/kinds.ts";
import { isStoreError } from "./error.ts";
import type { ObjectStore } from "./objectStore.ts";

/** Every conflict means that another writer got through; so many in a row mean two that undo each other. */
const attempts = 20;

/**
 * Reads the object, changes it and writes it back, again and again while others write in between. `change` sees the object as it is
 * and returns what to write, or undefined to leave it; with `seen`, a recent look at it, it begins with that and reads only after a
 * conflict. Returns the stored object; undefined when `change` declined or the object is
 * gone. Throws Conflict after 20 attempts, and every other StoreError at once.
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
