import type { Kind, Stored } from "../../api/objects/kinds.ts";
import type { Change, Selector } from "../objectStore.ts";
import { isSelected } from "../selector.ts";
import { objectOf } from "./document.ts";
import type { ChangedRow, Rows } from "./rows.ts";

/** Objects read at once: what a watcher holds beyond the objects that exist. */
const pageSize = 200;

/**
 * What one watcher has been told, and what it has to be told next. It remembers a version, not a queue: a slow reader finds the
 * changes of an object merged into its present state and costs no memory. The initial list is what changed since version 0.
 */
export function createWatchView<K extends Kind>(rows: Rows, kind: K, selector: Selector | undefined) {
  const known = new Map<string, Stored<K>>();
  let version = 0;
  /** Deletions up to this version are known to have happened. */
  let deletedUpTo = rows.revision().version;
  let isSynced = false;

  /** The next changes, and whether they are all there are now. */
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
      // A tombstone may be that of an object this watcher never saw, or of an earlier one of the same name.
      if (before?.metadata.uid !== row.uid) return [];
      known.delete(row.name);
      return [{ type: "Deleted", object }];
    }
    known.set(row.name, object);
    return [{ type: before === undefined ? "Added" : "Modified", object }];
  }

  /** Tombstones that were dropped before this watcher read them: what it knows and does not exist any more. Then Synced is due again. */
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
