import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeErrorOf } from "../../store/embedded/failure.ts";

/** The lock of a work folder. */
export interface Lock {
  release(): void;
}

/** Thrown when another `up` uses the work folder. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/** Milliseconds to wait for a process in `isRunning`, which holds the lock only for a moment. */
const lockTimeoutMs = 300;

/**
 * Locks the work folder for this process, and creates a missing folder. Throws LockedError if another process uses it.
 * `program` names such a process in the message. A full disk does not prevent the lock, if the folder was in use
 * before. Throws StoreError if the lock file is unusable. The lock is a kernel lock on an SQLite file and ends with its
 * process. `kill -9` therefore leaves no stale lock, two processes cannot both get it, and a reused PID does no harm.
 */
export function lockWorkDir(workDir: string, program = "`builderpool up`"): Lock {
  mkdirSync(workDir, { recursive: true });
  const database = open(workDir, lockTimeoutMs);
  try {
    begin(database);
    recordHolder(database);
    begin(database); // another `up` may have taken the lock between COMMIT and this call
  } catch (error) {
    const holder = holderOf(database);
    database.close();
    if (!isBusy(error)) throw storeErrorOf(fileIn(workDir), error);
    throw new LockedError(
      `another ${program}${holder} uses ${workDir}; stop it, or choose another folder with --work-dir`,
      { cause: error },
    );
  }
  return { release: () => database.close() };
}

/** Records this process for people, and ends the transaction. A full disk has no space for the record. */
function recordHolder(database: DatabaseSync): void {
  try {
    database.exec("CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)");
    database.exec("DELETE FROM holder");
    database.prepare("INSERT INTO holder VALUES (?)").run(process.pid);
    database.exec("COMMIT");
  } catch {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

/** Reports whether an `up` uses the work folder. */
export async function isRunning(workDir: string): Promise<boolean> {
  if (!existsSync(fileIn(workDir))) return false;
  const database = open(workDir, 50);
  try {
    begin(database);
    // SQLite takes no lock on a read-only file. Then a living last holder means that `up` runs.
    return !isWritable(fileIn(workDir)) && isAlive(pidOf(database));
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function fileIn(workDir: string): string {
  return join(workDir, "lock");
}

function open(workDir: string, timeout: number): DatabaseSync {
  return new DatabaseSync(fileIn(workDir), { timeout });
}

/** Takes the write lock. Other processes can still read the holder. */
function begin(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}

function holderOf(database: DatabaseSync): string {
  const pid = pidOf(database);
  return !isAlive(pid) ? "" : ` (process ${pid})`;
}

/** Returns the PID of the last holder. */
function pidOf(database: DatabaseSync): number | undefined {
  try {
    const pid = database.prepare("SELECT pid FROM holder").get()?.["pid"];
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
