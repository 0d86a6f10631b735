import type { Identified, Reflected } from "./known.ts";

/** What one reader of a shared watch has been told, and what it has to be told next. */
export interface WatchView<T> {
  /** The object of this name changed; with `last` it is gone, and was so at the end. */
  touch(name: string, last?: T): void;
  /** What the reader is told next; empty when it knows everything. */
  next(): Reflected<T>[];
}

/**
 * Holds names, no queue: a slow reader finds the changes of an object merged into its present state, `exists`, and costs nothing. Only how
 * an object was when it went is kept for a reader who was told of it.
 */
export function createWatchView<T extends Identified>(exists: ReadonlyMap<string, T>): WatchView<T> {
  const told = new Map<string, T>();
  const ended = new Map<string, T>();
  const touched = new Set(exists.keys());

  function next(): Reflected<T>[] {
    for (const name of touched) {
      touched.delete(name);
      const changes = changesOf(name);
      if (changes.length > 0) return changes;
    }
    return [];
  }

  function changesOf(name: string): Reflected<T>[] {
    const [before, now] = [told.get(name), exists.get(name)];
    const isSame = before !== undefined && before.metadata.uid === now?.metadata.uid;
    if (isSame && before.metadata.resourceVersion === now?.metadata.resourceVersion) return [];
    const changes: Reflected<T>[] = [];
    if (before !== undefined && !isSame) changes.push({ type: "Deleted", object: ended.get(name) ?? before });
    ended.delete(name);
    if (now === undefined) told.delete(name);
    else {
      told.set(name, now);
      changes.push({ type: isSame ? "Modified" : "Added", object: now });
    }
    return changes;
  }

  return {
    touch(name, last) {
      touched.add(name);
      if (last !== undefined && told.get(name)?.metadata.uid === last.metadata.uid) ended.set(name, last);
    },
    next,
  };
}
