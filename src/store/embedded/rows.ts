import type { DatabaseSync } from "node:sqlite";
import type { Kind } from "../../api/objects/kinds.ts";

export type Row = {
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string;
  /** The resourceVersion. */
  readonly version: number;
  /** The object as JSON, without its resourceVersion. */
  readonly body: string;
};

/** A row as a watcher sees it: how it is now, or how it was when it was deleted. */
export type ChangedRow = Row & { readonly deleted: 0 | 1 };

/** The statements of the store, prepared once. */
export type Rows = ReturnType<typeof prepareRows>;

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
  const bury = sql.prepare("INSERT INTO tombstone (kind, name, uid, version, body) VALUES (?, ?, ?, ?, ?)");
  const changes = sql.prepare(`
    SELECT *, 0 AS deleted FROM object WHERE kind = :kind AND version > :since
    UNION ALL SELECT *, 1 FROM tombstone WHERE kind = :kind AND version > :since AND version > :deletedSince
    ORDER BY version LIMIT :limit`);
  const disown = sql.prepare("DELETE FROM dependent WHERE uid = ?");
  const own = sql.prepare("INSERT OR IGNORE INTO dependent (owner, uid) VALUES (?, ?)");
  const dependents = sql.prepare(
    "SELECT object.* FROM dependent JOIN object USING (uid) WHERE dependent.owner = ? ORDER BY version",
  );
  const oldestKept = sql.prepare("SELECT version FROM tombstone ORDER BY version DESC LIMIT 1 OFFSET ?");
  const forget = sql.prepare("DELETE FROM tombstone WHERE version <= ?");
  const compacted = sql.prepare("UPDATE revision SET compacted = max(compacted, ?)");
  const dataVersion = sql.prepare("PRAGMA data_version");

  return {
    find: (kind: Kind, name: string) => find.get(kind, name) as Row | undefined,
    findByUid: (uid: string) => findByUid.get(uid) as Row | undefined,
    all: (kind: Kind) => all.all(kind) as Row[],
    uids: (kind: Kind) => new Set(uids.all(kind).map((row) => String(row["uid"]))),

    /** The next resourceVersion; only inside a write. */
    nextVersion: () => Number(nextVersion.get()?.["version"]),
    revision: () => revision.get() as { version: number; compacted: number },

    insert: ({ kind, name, uid, version, body }: Row) => void insert.run(kind, name, uid, version, body),
    replace: ({ uid, version, body }: Row) => void replace.run(version, body, uid),
    /** Deletes the object of this row; `version` is that of the deletion, `body` what watchers are told. */
    bury: ({ kind, name, uid, version, body }: Row) => {
      remove.run(uid);
      bury.run(kind, name, uid, version, body);
    },

    /** What happened to a kind after version `since`, oldest first; deletions only where they came after `deletedSince` too. */
    changes: (kind: Kind, since: number, deletedSince: number, limit: number) =>
      changes.all({ kind, since, deletedSince, limit }) as ChangedRow[],

    /** Replaces the owners of the object `uid`. */
    own: (uid: string, owners: readonly string[]) => {
      disown.run(uid);
      for (const owner of owners) own.run(owner, uid);
    },
    dependents: (owner: string) => dependents.all(owner) as Row[],

    /** Drops all but the newest `keep` tombstones, and remembers up to where it did. */
    compact: (keep: number) => {
      const last = oldestKept.get(keep)?.["version"];
      if (last === undefined || last === null) return;
      forget.run(last);
      compacted.run(last);
    },

    /** Changes when another connection has committed, in this process or elsewhere; costs microseconds. */
    dataVersion: () => Number(dataVersion.get()?.["data_version"]),
  };
}
