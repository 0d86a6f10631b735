import type { DatabaseSync } from "node:sqlite";
import type { Kind } from "../../api/objects/kinds.ts";

/** One stored object. */
export type Row = {
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string;
  /** The resourceVersion. */
  readonly version: number;
  /** The object as JSON, without its resourceVersion. */
  readonly body: string;
};

/** A row for a watcher: the current state, or the last state of a deleted object. */
export type ChangedRow = Row & { readonly deleted: 0 | 1 };

/** The prepared SQL statements of the store. */
export type Rows = ReturnType<typeof prepareRows>;

/** Prepares all statements of the store once. Calls throw SQLite's errors, which `Database` converts. */
export function prepareRows(sql: DatabaseSync) {
  const find = sql.prepare("SELECT * FROM object WHERE kind = ? AND name = ?");
  const findByUid = sql.prepare("SELECT * FROM object WHERE uid = ?");
  const all = sql.prepare("SELECT * FROM object WHERE kind = ? ORDER BY name");
  const uids = sql.prepare("SELECT uid FROM object WHERE kind = ?");
  const nextVersion = sql.prepare("UPDATE revision SET version = version + 1 RETURNING version");
  const revision = sql.prepare("SELECT version, compacted FROM revision");
  const insert = sql.prepare("INSERT INTO object (kind, name, uid, version, body) VALUES (?, ?, ?, ?, ?)");
  const replace = sql.prepare("UPDATE object SET version = ?, body = ? WHERE uid = ?");
  const remove = sql.prepare("DELETE FROM object WHERE uid = ?");
  const insertTombstone = sql.prepare("INSERT INTO tombstone (kind, name, uid, version, body) VALUES (?, ?, ?, ?, ?)");
  const changes = sql.prepare(`
    SELECT *, 0 AS deleted FROM object WHERE kind = :kind AND version > :since
    UNION ALL SELECT *, 1 FROM tombstone WHERE kind = :kind AND version > :since AND version > :deletedSince
    ORDER BY version LIMIT :limit`);
  const clearOwners = sql.prepare("DELETE FROM dependent WHERE uid = ?");
  const addOwner = sql.prepare("INSERT OR IGNORE INTO dependent (owner, uid) VALUES (?, ?)");
  const dependents = sql.prepare(
    "SELECT object.* FROM dependent JOIN object USING (uid) WHERE dependent.owner = ? ORDER BY version",
  );
  const oldestKept = sql.prepare("SELECT version FROM tombstone ORDER BY version DESC LIMIT 1 OFFSET ?");
  const dropTombstones = sql.prepare("DELETE FROM tombstone WHERE version <= ?");
  const compacted = sql.prepare("UPDATE revision SET compacted = max(compacted, ?)");
  const dataVersion = sql.prepare("PRAGMA data_version");

  return {
    find: (kind: Kind, name: string) => find.get(kind, name) as Row | undefined,
    findByUid: (uid: string) => findByUid.get(uid) as Row | undefined,
    all: (kind: Kind) => all.all(kind) as Row[],
    uids: (kind: Kind) => new Set(uids.all(kind).map((row) => String(row["uid"]))),

    /** Returns the next resourceVersion. Call it only inside a write. */
    nextVersion: () => Number(nextVersion.get()?.["version"]),
    revision: () => revision.get() as { version: number; compacted: number },

    insert: ({ kind, name, uid, version, body }: Row) => void insert.run(kind, name, uid, version, body),
    replace: ({ uid, version, body }: Row) => void replace.run(version, body, uid),
    /** Deletes the object. `version` is the version of the deletion, `body` the last state for watchers. */
    moveToTombstones: ({ kind, name, uid, version, body }: Row) => {
      remove.run(uid);
      insertTombstone.run(kind, name, uid, version, body);
    },

    /**
     * Returns the changes of a kind after version `since`, oldest first, and deletions only if also after
     * `deletedSince`.
     */
    changes: (kind: Kind, since: number, deletedSince: number, limit: number) =>
      changes.all({ kind, since, deletedSince, limit }) as ChangedRow[],

    /** Replaces the owners of the object `uid`. */
    setOwners: (uid: string, owners: readonly string[]) => {
      clearOwners.run(uid);
      for (const owner of owners) addOwner.run(owner, uid);
    },
    dependents: (owner: string) => dependents.all(owner) as Row[],

    /** Drops all but the newest `keep` tombstones and records the newest dropped version. */
    compact: (keep: number) => {
      const last = oldestKept.get(keep)?.["version"];
      if (last === undefined || last === null) return;
      dropTombstones.run(last);
      compacted.run(last);
    },

    /** Returns a number that changes when another connection commits, in any process. Costs microseconds. */
    dataVersion: () => Number(dataVersion.get()?.["data_version"]),
  };
}
