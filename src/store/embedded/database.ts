import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../error.ts";
import { damageOf, storeErrorOf } from "./failure.ts";
import { applicationId, schemaVersion, tables } from "./schema.ts";

/** Transactions last well under a millisecond; who waits this long waits for a hung or stopped process. */
const busyTimeoutMs = 5000;

/** Calls on the store's file, with failures turned into sentences. */
export interface Database {
  readonly sql: DatabaseSync;
  /** Runs reads; throws StoreError. */
  read<T>(body: () => T): T;
  /** Runs `body` as the only writer of the file: all of it is on disk when this returns, or none of it when this throws. */
  write<T>(body: () => T): T;
  close(): void;
}

/** Opens or creates the file; refuses one that is damaged, of another program or of a newer version of this one. */
export function openDatabase(file: string): Database {
  const sql = explained(file, () => new DatabaseSync(file, { timeout: busyTimeoutMs }));
  try {
    explained(file, () => prepare(sql, file));
  } catch (error) {
    sql.close();
    throw error;
  }
  return {
    sql,
    read: (body) => explained(file, body),
    write: (body) => explained(file, () => exclusively(sql, body)),
    close: () => {
      if (sql.isOpen) sql.close();
    },
  };
}

function prepare(sql: DatabaseSync, file: string): void {
  refuseForeign(sql, file);
  const [finding] = Object.values(sql.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (finding !== "ok") throw damageOf(file, String(finding));
  // A commit is acknowledged after its fsync. NORMAL would survive kill -9 as well, nine times as fast, but a power loss would take
  // back the last seconds: a verdict that GitHub has already seen could be given again, and differently. One machine writes a few
  // times a second; FULL allows thousands. On macOS only F_FULLFSYNC reaches the disk; elsewhere fullfsync does nothing.
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON`);
  exclusively(sql, () => {
    if (pragma(sql, "user_version") === 0)
      sql.exec(`${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
  });
}

/** Before anything is written, so that the file of another program stays as it is. */
function refuseForeign(sql: DatabaseSync, file: string): void {
  const found = pragma(sql, "user_version");
  const isEmpty = sql.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (!isEmpty && pragma(sql, "application_id") !== applicationId)
    throw new StoreError(
      "Forbidden",
      `${file} is a database of another program: give the store a file name of its own`,
    );
  if (found > schemaVersion)
    throw new StoreError(
      "Forbidden",
      `store file ${file} has format ${found}, this builderpool knows formats up to ${schemaVersion}: use the newer builderpool that wrote it, or another work folder`,
    );
}

function pragma(sql: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(sql.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** IMMEDIATE takes the write lock first: what `body` reads cannot be changed by another process before it writes. */
function exclusively<T>(sql: DatabaseSync, body: () => T): T {
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

function explained<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw storeErrorOf(file, error);
  }
}
