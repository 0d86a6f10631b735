import type { Kind, Stored } from "../../api/objects/kinds.ts";
import type { Change, Selector } from "../objectStore.ts";
import { isSelected } from "../selector.ts";
import { objectOf } from "./document.ts";
import type { ChangedRow, Rows } from "./rows.ts";

/** Objects per read. Bounds the memory of one watcher beyond the stored objects. */
const pageSize = 200;

/**
 * Creates the view of one watcher: the objects already delivered, and the next changes to deliver. The view remembers a
 * version instead of a queue. A slow reader therefore costs no memory: several changes of one object merge into its
 * current state. The initial list is the set of changes since version 0.
 */
export function createWatchView<K extends Kind>(rows: Rows, kind: K, selector: Selector | undefined) {
  const known = new Map<string, Stored<K>>();
  let version = 0;
  /** The view has already handled all deletions up to this version. */
  let deletedUpTo = rows.revision().version;
  let isSynced = false;

  /** Returns the next changes, and whether these are all changes so far. */
  function next(): { changes: Change<K>[]; isCurrent: boolean } {
    const changes = missedDeletions();
    const page = rows.changes(kind, version, deletedUpTo, pageSize);
    for (const row of page) changes.push(...changesOf(row));
    version = page.at(-1)?.version ?? version;
    const isCurrent = page.length < pageSize;
    if (isCurrent && !isSynced) changes.push({ type: "Synced", names: new Set(known.keys()) });
    isSynced ||= isCurrent;
    return { changes, isCurrent };
  }

  function changesOf(row: ChangedRow): Change<K>[] {
    const object = objectOf<K>(row);
    const before = known.get(row.name);
    if (row.deleted === 1 || !isSelected(object, selector)) {
      // A tombstone may belong to an object that this watcher never saw, or to an earlier object with the same name.
      if (before?.metadata.uid !== row.uid) return [];
      known.delete(row.name);
      return [{ type: "Deleted", object }];
    }
    known.set(row.name, object);
    return [{ type: before === undefined ? "Added" : "Modified", object }];
  }

  /**
   * Handles tombstones that were dropped before this watcher read them: reports every known object that no longer
   * exists as Deleted. Synced is then due again.
   */
  function missedDeletions(): Change<K>[] {
    const revision = rows.revision();
    if (Math.max(version, deletedUpTo) >= revision.compacted) return [];
    isSynced = false;
    deletedUpTo = revision.version;
    const existing = rows.uids(kind);
    const missing = [...known.values()].filter((object) => !existing.has(object.metadata.uid));
    for (const object of missing) known.delete(object.metadata.name);
    return missing.map((object) => ({ type: "Deleted", object }));
  }

  return { next };
}
