import { isDeepStrictEqual } from "node:util";
import { type Kind, kinds } from "../../api/objects/kinds.ts";
import { type Document, documentOf } from "./document.ts";
import { asDeleting, hasFinalizers, isDeleting } from "./revise.ts";
import type { Row, Rows } from "./rows.ts";

/**
 * Number of recent deletions kept for slow watchers. A watcher that missed more compares its objects with the store.
 */
const keptTombstones = 2000;

/**
 * Creates the object writes over `rows`, which also update dependents. `now` returns the deletion timestamp. Each write
 * returns the resulting row. Call the writes only inside `Database.write`.
 */
export function createObjects(rows: Rows, now: () => string) {
  let deletions = 0;

  function insert(kind: Kind, next: Document): Row {
    const { name, uid = "" } = next.metadata;
    const row = { kind, name, uid, version: rows.nextVersion(), body: JSON.stringify(next) };
    rows.insert(row);
    setOwners(row, next);
    return row;
  }

  /**
   * Keeps the version if nothing changed. Deletes the object if `next` is marked as deleted and has no finalizers left.
   */
  function replace(row: Row, current: Document, next: Document): Row {
    if (isDeepStrictEqual(current, next)) return row;
    const changed = { ...row, version: rows.nextVersion(), body: JSON.stringify(next) };
    if (isDeleting(next) && !hasFinalizers(next)) {
      removeRow(changed);
      return changed;
    }
    rows.replace(changed);
    if (!isDeepStrictEqual(current.metadata.ownerReferences, next.metadata.ownerReferences)) setOwners(changed, next);
    return changed;
  }

  function remove(row: Row): void {
    const current = documentOf(row);
    if (hasFinalizers(current)) replace(row, current, asDeleting(current, now()));
    else removeRow({ ...row, version: rows.nextVersion() });
  }

  function removeRow(row: Row): void {
    rows.moveToTombstones(row);
    deletions += 1;
    if (deletions % keptTombstones === 0) compact();
    for (const dependent of rows.dependents(row.uid)) removeOrphan(dependent, documentOf(dependent));
  }

  /**
   * Deletes the new dependent if its owner is already gone: the owner was deleted between the caller's read and this
   * write.
   */
  function setOwners(row: Row, next: Document): void {
    rows.setOwners(
      row.uid,
      (next.metadata.ownerReferences ?? []).map((owner) => owner.uid),
    );
    removeOrphan(row, next);
  }

  /**
   * Deletes an object without a living owner. The store cannot look up owners of foreign kinds and assumes that they
   * exist.
   */
  function removeOrphan(row: Row, { metadata }: Document): void {
    const owners = metadata.ownerReferences ?? [];
    const isOwned = owners.some(
      (owner) => !Object.hasOwn(kinds, owner.kind) || rows.findByUid(owner.uid) !== undefined,
    );
    if (owners.length > 0 && !isOwned) remove(row);
  }

  function compact(): void {
    rows.compact(keptTombstones);
  }

  return { insert, replace, remove, compact };
}
