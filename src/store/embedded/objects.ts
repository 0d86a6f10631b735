import { isDeepStrictEqual } from "node:util";
import { type Kind, kinds } from "../../api/objects/kinds.ts";
import { type Document, documentOf } from "./document.ts";
import { asDeleting, hasFinalizers, isDeleting } from "./revise.ts";
import type { Row, Rows } from "./rows.ts";

/** Deletions that can be told to a watcher that was away; one that missed more compares what it knows with what exists. */
const keptTombstones = 2000;

/** Changes of objects, dependents included; call them inside a write. Each returns the row as it is afterwards. */
export type Objects = ReturnType<typeof createObjects>;

export function createObjects(rows: Rows, now: () => string) {
  let buried = 0;

  function insert(kind: Kind, next: Document): Row {
    const { name, uid = "" } = next.metadata;
    const row = { kind, name, uid, version: rows.nextVersion(), body: JSON.stringify(next) };
    rows.insert(row);
    setOwners(row, next);
    return row;
  }

  /** A write that changes nothing changes no version; the last finalizer of a deleted object takes the object with it. */
  function replace(row: Row, current: Document, next: Document): Row {
    if (isDeepStrictEqual(current, next)) return row;
    const changed = { ...row, version: rows.nextVersion(), body: JSON.stringify(next) };
    if (isDeleting(next) && !hasFinalizers(next)) {
      bury(changed);
      return changed;
    }
    rows.replace(changed);
    if (!isDeepStrictEqual(current.metadata.ownerReferences, next.metadata.ownerReferences)) setOwners(changed, next);
    return changed;
  }

  function remove(row: Row): void {
    const current = documentOf(row);
    if (hasFinalizers(current)) replace(row, current, asDeleting(current, now()));
    else bury({ ...row, version: rows.nextVersion() });
  }

  function bury(row: Row): void {
    rows.bury(row);
    buried += 1;
    if (buried % keptTombstones === 0) compact();
    for (const dependent of rows.dependents(row.uid)) removeOrphan(dependent, documentOf(dependent));
  }

  /** An owner that is gone already takes the new dependent with it: it was deleted between the caller's read and this write. */
  function setOwners(row: Row, next: Document): void {
    rows.own(
      row.uid,
      (next.metadata.ownerReferences ?? []).map((owner) => owner.uid),
    );
    removeOrphan(row, next);
  }

  /** An owner of a kind that is not on this bus cannot be looked up and is taken to exist. */
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
