import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeErrorOf } from "../store/embedded/failure.ts";

export interface Lock {
  release(): void;
}

/** Another `up` works in the folder. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/** How long a starter waits for somebody who only asks whether the folder is in use. */
const patience = 300;

/**
 * Takes the work folder for this process, creating it when it is missing; LockedError when another `up` has it, StoreError when the disk is full. The lock is the
 * kernel's, on an SQLite file, and ends with its process: none is ever left behind by `kill -9`, two starters cannot both get it,
 * and a process number that was used again means nothing.
 */
export function lockWorkDir(workDir: string): Lock {
  mkdirSync(workDir, { recursive: true });
  const database = open(workDir, patience);
  try {
    begin(database);
    database.exec("CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)");
    database.exec("DELETE FROM holder");
    database.prepare("INSERT INTO holder VALUES (?)").run(process.pid);
    database.exec("COMMIT");
    begin(database); // between the two another starter may have come first
  } catch (error) {
    const holder = holderOf(database);
    database.close();
    if (!isBusy(error)) throw storeErrorOf(fileIn(workDir), error);
    throw new LockedError(
      `another \`builderpool up\`${holder} works in ${workDir}; stop it, or name another folder with --work-dir`,
      { cause: error },
    );
  }
  return { release: () => database.close() };
}

/** Whether an `up` works in the folder. */
export async function isRunning(workDir: string): Promise<boolean> {
  if (!existsSync(fileIn(workDir))) return false;
  const database = open(workDir, 50);
  try {
    begin(database);
    // of a file that is not this user's to write, SQLite asks for no lock: then it counts whether the last holder lives
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

/** Others may still read who holds it. */
function begin(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}

function holderOf(database: DatabaseSync): string {
  const pid = pidOf(database);
  return pid === undefined ? "" : ` (process ${pid})`;
}

/** Of the process that took the folder last. */
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
