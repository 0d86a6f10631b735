import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../error.ts";
import { damagedError, storeErrorOf } from "./failure.ts";
import { closeToOthers, prepareFile } from "./fileMode.ts";
import { applicationId, schemaVersion, tables } from "./schema.ts";

/** Transactions last well under a millisecond. A longer wait means that a hung or stopped process holds the file. */
const busyTimeoutMs = 5000;

/** The store's SQLite file. Failures of SQLite become StoreErrors with a message for people. */
export interface Database {
  readonly sql: DatabaseSync;
  /** Runs reads. Throws StoreError. */
  read<T>(body: () => T): T;
  /**
   * Runs `body` in an exclusive write transaction. All its writes are on disk when the call returns, and no write when
   * the call throws. Throws StoreError, and every error of `body`.
   */
  write<T>(body: () => T): T;
  /** Closes the file. Later calls throw Unavailable. */
  close(): void;
}

/**
 * Opens the file, or creates a missing one. Throws Unavailable when the file is damaged or unreadable. Throws Forbidden
 * when the file belongs to another program, to another user or to a newer builderpool.
 */
export function openDatabase(file: string): Database {
  prepareFile(file);
  const sql = withStoreErrors(file, () => new DatabaseSync(file, { timeout: busyTimeoutMs }));
  try {
    withStoreErrors(file, () => {
      prepare(sql, file);
      closeToOthers(file);
    });
  } catch (error) {
    sql.close();
    throw error;
  }
  return {
    sql,
    read: (body) => withStoreErrors(file, body),
    write: (body) => withStoreErrors(file, () => inTransaction(sql, body)),
    close: () => {
      if (sql.isOpen) sql.close();
    },
  };
}

function prepare(sql: DatabaseSync, file: string): void {
  refuseForeign(sql, file);
  const [finding] = Object.values(sql.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (finding !== "ok") throw damagedError(file, String(finding));
  // FULL acknowledges a commit after its fsync. NORMAL is nine times as fast and survives kill -9, but not a power
  // loss. A power loss would then undo the last seconds: builderpool could publish a second, different verdict on
  // GitHub. One machine writes a few times a second, and FULL allows thousands. On macOS only F_FULLFSYNC reaches the
  // disk. Elsewhere fullfsync has no effect.
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON`);
  inTransaction(sql, () => {
    if (pragma(sql, "user_version") === 0)
      sql.exec(`${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
  });
}

/** Runs before the first write, so the file of another program stays unchanged. */
function refuseForeign(sql: DatabaseSync, file: string): void {
  const found = pragma(sql, "user_version");
  const isEmpty = sql.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (!isEmpty && pragma(sql, "application_id") !== applicationId)
    throw new StoreError("Forbidden", `${file} is a database of another program: use another file name for the store`);
  if (found > schemaVersion)
    throw new StoreError(
      "Forbidden",
      `store file ${file} has format ${found}, but this builderpool reads formats up to ${schemaVersion}: use the newer builderpool that wrote the file, or another work folder`,
    );
}

function pragma(sql: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(sql.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/**
 * IMMEDIATE takes the write lock first, so no other process can change the rows between the reads and writes of `body`.
 */
function inTransaction<T>(sql: DatabaseSync, body: () => T): T {
  sql.exec("BEGIN IMMEDIATE");
  try {
    const result = body();
    sql.exec("COMMIT");
    return result;
  } catch (error) {
    if (sql.isTransaction) sql.exec("ROLLBACK");
    throw error;
  }
}

function withStoreErrors<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw storeErrorOf(file, error);
  }
}
