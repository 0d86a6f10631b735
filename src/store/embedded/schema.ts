/** Layout of the file; raised when an older program could no longer read or write it. */
export const schemaVersion = 1;

/** "bpol" in SQLite's application_id: tells our files from those of other programs. */
export const applicationId = 0x62_70_6f_6c;

/**
 * One row an object, its JSON stored once and without the resourceVersion, which is the column `version`. A deletion moves the row to
 * `tombstone`, so that what changed since version N is one query over two indexes and no log has to be kept beside the objects.
 * `revision` is the single row with the last version given out and the newest version whose tombstone may have been dropped.
 * `dependent` finds the objects that an owner takes with it.
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
