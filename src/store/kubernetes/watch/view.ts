import type { Identified, Reflected } from "./known.ts";

/** The view of one reader of a shared watch: the objects already delivered, and the next changes to deliver. */
export interface WatchView<T> {
  /** Records that the object of this name changed. With `last`, its final state, the object is gone. */
  touch(name: string, last?: T): void;
  /** Returns the next changes to deliver; empty when the reader is up to date. */
  next(): Reflected<T>[];
}

/**
 * Creates a view of the objects in `objects`. The view holds changed names instead of a queue. A slow reader therefore
 * costs no memory: several changes of one object merge into its current state. The view keeps the final state only of
 * deleted objects that the reader has seen.
 */
export function createWatchView<T extends Identified>(objects: ReadonlyMap<string, T>): WatchView<T> {
  const delivered = new Map<string, T>();
  const finalStates = new Map<string, T>();
  const changed = new Set(objects.keys());

  function next(): Reflected<T>[] {
    for (const name of changed) {
      changed.delete(name);
      const changes = changesOf(name);
      if (changes.length > 0) return changes;
    }
    return [];
  }

  function changesOf(name: string): Reflected<T>[] {
    const [before, now] = [delivered.get(name), objects.get(name)];
    const isSame = before !== undefined && before.metadata.uid === now?.metadata.uid;
    if (isSame && before.metadata.resourceVersion === now?.metadata.resourceVersion) return [];
    const changes: Reflected<T>[] = [];
    if (before !== undefined && !isSame) changes.push({ type: "Deleted", object: finalStates.get(name) ?? before });
    finalStates.delete(name);
    if (now === undefined) delivered.delete(name);
    else {
      delivered.set(name, now);
      changes.push({ type: isSame ? "Modified" : "Added", object: now });
    }
    return changes;
  }

  return {
    touch(name, last) {
      changed.add(name);
      if (last !== undefined && delivered.get(name)?.metadata.uid === last.metadata.uid) finalStates.set(name, last);
    },
    next,
  };
}
