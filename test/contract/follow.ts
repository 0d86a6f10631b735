import type { Kind } from "../../src/api/objects/kinds.ts";
import type { Change, ObjectStore, Selector } from "../../src/store/objectStore.ts";

/** A watch that a test reads item by item. */
export function follow<K extends Kind>(store: ObjectStore, kind: K, selector?: Selector) {
  const stop = new AbortController();
  const changes = store.watch(kind, { signal: stop.signal, ...(selector && { selector }) })[Symbol.asyncIterator]();

  /** Reads until a change matches, without a time limit; returns all changes read. */
  async function until(fits: (change: Change<K>) => boolean): Promise<Change<K>[]> {
    const read: Change<K>[] = [];
    for (;;) {
      const { value, done } = await changes.next();
      if (done === true) throw new Error(`the watch ended after ${read.map(brief).join(", ")}`);
      read.push(value);
      if (fits(value)) return read;
    }
  }

  return {
    until,
    synced: () => until((change) => change.type === "Synced"),
    /** Aborts the signal and reads to the end. */
    async stop(): Promise<void> {
      stop.abort();
      while ((await changes.next()).done !== true);
    },
  };
}

/** Formats a change for assertions: `Added o2-0`, `Synced o2-0 o2-1`. */
export function brief<K extends Kind>(change: Change<K>): string {
  if (change.type === "Synced") return ["Synced", ...[...change.names].sort()].join(" ");
  return `${change.type} ${change.object.metadata.name}`;
}

export const is =
  (type: "Added" | "Modified" | "Deleted", name: string) =>
  (change: Change<Kind>): boolean =>
    brief(change) === `${type} ${name}`;
