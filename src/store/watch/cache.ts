import type { Kind, Stored } from "../../api/objects/kinds.ts";
import { deepFreeze } from "../frozen.ts";
import type { Change, ObjectStore, Selector } from "../objectStore.ts";

/** The objects of one kind in memory, kept current by a watch. */
export interface Cache<K extends Kind> {
  /** Resolves when all existing objects are in the cache. Rejects when the watch ends before that. */
  readonly synced: Promise<void>;
  /** Returns the cached object, or undefined. */
  get(name: string): Stored<K> | undefined;
  /** Returns all objects sorted by name; the same array until the next change. */
  list(): readonly Stored<K>[];
  /**
   * Reports whether the watch is healthy. While it is not, objects may be missing here and cached objects may be old.
   */
  isHealthy(): boolean;
}

/** Options of `createCache`. */
export interface CacheOptions<K extends Kind> {
  /** Ends the watch. The cache then keeps its last content. */
  readonly signal: AbortSignal;
  readonly selector?: Selector;
  /** Called after each change of the cache with the change and the previous object. Must not throw. */
  readonly onChange?: (change: Exclude<Change<K>, { type: "Synced" }>, before: Stored<K> | undefined) => void;
}

/**
 * Creates a cache of one kind and starts its watch. Objects are deeply frozen: a change replaces the object.
 * Own writes appear only when the watch delivers them.
 */
export function createCache<K extends Kind>(
  store: Pick<ObjectStore, "watch">,
  kind: K,
  { signal, selector, onChange = () => {} }: CacheOptions<K>,
): Cache<K> {
  const objects = new Map<string, Stored<K>>();
  let sorted: readonly Stored<K>[] | undefined;
  let isHealthy = false;
  const onHealth = (is: boolean) => {
    isHealthy = is;
  };
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {}); // without this handler an unused `synced` would end the process on rejection

  function applyChange(change: Change<K>): void {
    if (change.type === "Synced") {
      for (const [name, object] of objects) if (!change.names.has(name)) applyChange({ type: "Deleted", object });
      synced.resolve();
      return;
    }
    const { object } = change;
    const before = objects.get(object.metadata.name);
    if (change.type === "Deleted") objects.delete(object.metadata.name);
    else objects.set(object.metadata.name, deepFreeze(object));
    sorted = undefined;
    onChange(change, before);
  }

  async function follow(): Promise<void> {
    try {
      for await (const change of store.watch(kind, { signal, onHealth, ...(selector && { selector }) }))
        applyChange(change);
      synced.reject(signal.reason ?? new Error(`the watch of ${kind} ended`));
    } catch (error) {
      synced.reject(error);
      throw error;
    }
  }

  void follow(); // only the signal ends a watch: any other error is a bug and may end the process
  return {
    synced: synced.promise,
    get: (name) => objects.get(name),
    isHealthy: () => isHealthy,
    list: () => {
      sorted ??= [...objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      return sorted;
    },
  };
}

/** Reports whether the change left the spec as it was. Readers of the spec alone can skip such a change. */
export function isSameSpec<K extends Kind>(
  { type, object }: Exclude<Change<K>, { type: "Synced" }>,
  before: Stored<K> | undefined,
): boolean {
  const { uid, generation } = object.metadata;
  if (generation === 0) return false; // a Lease has no generations
  return type !== "Deleted" && before?.metadata.uid === uid && before.metadata.generation === generation;
}
