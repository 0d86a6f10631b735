import type { Kind, Stored } from "../../api/objects/kinds.ts";
import { frozen } from "../frozen.ts";
import type { Change, ObjectStore, Selector } from "../objectStore.ts";

export interface Cache<K extends Kind> {
  /** Resolves when everything that existed has been seen; rejects when the watch ends before that. */
  readonly synced: Promise<void>;
  get(name: string): Stored<K> | undefined;
  /** In the order of names; the same array until something changes. */
  list(): readonly Stored<K>[];
  /** Whether the watch behind it is healthy: while it is not, what is missing here may exist, and what is here may be old. */
  isHealthy(): boolean;
}

export interface CacheOptions<K extends Kind> {
  /** Ends the watch; what the cache holds then stays as it is. */
  readonly signal: AbortSignal;
  readonly selector?: Selector;
  /** Called after each change of what `get` would say, with what it said before. Must not throw. */
  readonly onChange?: (change: Exclude<Change<K>, { type: "Synced" }>, before: Stored<K> | undefined) => void;
}

/**
 * What a watch has shown so far, deeply frozen: objects are replaced, never changed. A write of our own appears when the watch tells
 * it, not before.
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
  synced.promise.catch(() => {}); // a cache nobody waits for may end quietly

  function take(change: Change<K>): void {
    if (change.type === "Synced") {
      for (const [name, object] of objects) if (!change.names.has(name)) take({ type: "Deleted", object });
      synced.resolve();
      return;
    }
    const { object } = change;
    const before = objects.get(object.metadata.name);
    if (change.type === "Deleted") objects.delete(object.metadata.name);
    else objects.set(object.metadata.name, frozen(object));
    sorted = undefined;
    onChange(change, before);
  }

  async function follow(): Promise<void> {
    try {
      for await (const change of store.watch(kind, { signal, onHealth, ...(selector && { selector }) })) take(change);
      synced.reject(signal.reason ?? new Error(`the watch of ${kind} ended`));
    } catch (error) {
      synced.reject(error);
      throw error;
    }
  }

  void follow(); // a watch ends by its signal alone: whatever else ends it is a bug and may end the process
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

/** Whether nothing but status, labels or annotations changed: who looks at the spec alone need not look again. */
export function isSameSpec<K extends Kind>(
  { type, object }: Exclude<Change<K>, { type: "Synced" }>,
  before: Stored<K> | undefined,
): boolean {
  const { uid, generation } = object.metadata;
  if (generation === 0) return false; // as of a Lease: nobody counts
  return type !== "Deleted" && before?.metadata.uid === uid && before.metadata.generation === generation;
}
