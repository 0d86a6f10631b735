/** Version of the file layout. Raise it when an older builderpool can no longer read or write the file. */
export const schemaVersion = 1;

/** "bpol" in SQLite's application_id. It distinguishes our files from files of other programs. */
export const applicationId = 0x62_70_6f_6c;

/**
 * SQL that creates the tables.
 * - `object`: one row per object. The column `version` is the resourceVersion, and `body` is the JSON without it.
 * - `tombstone`: the rows of deleted objects. One query over two indexes finds all changes since a version, without a
 *   log.
 * - `revision`: one row with the last used version and the newest version with a dropped tombstone.
 * - `dependent`: owner and dependent UIDs, for cascading deletes.
 */
export const tables = `
  CREATE TABLE revision (version INTEGER NOT NULL, compacted INTEGER NOT NULL) STRICT;
  INSERT INTO revision VALUES (0, 0);

  CREATE TABLE object (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT;
  CREATE UNIQUE INDEX object_by_version ON object (kind, version);

  CREATE TABLE tombstone (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX tombstone_by_version ON tombstone (kind, version);

  CREATE TABLE dependent (
    owner TEXT NOT NULL,
    uid TEXT NOT NULL REFERENCES object (uid) ON DELETE CASCADE,
    PRIMARY KEY (owner, uid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dependent_by_uid ON dependent (uid);
`;
