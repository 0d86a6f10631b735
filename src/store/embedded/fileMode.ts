import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from "node:fs";
import { StoreError } from "../error.ts";

const ownerOnly = 0o600;
/** SQLite's name of a store without a file. */
const inMemory = ":memory:";
/** SQLite gives these files the mode of the store file. */
const companions = ["-wal", "-shm"];

/**
 * Creates a missing store file that other users cannot read: builds run as other users of the machine. Throws Forbidden
 * if the file is closed to this user. Leaves other problems to SQLite.
 */
export function prepareFile(file: string): void {
  if (file === inMemory) return;
  const owner = statSync(file, { throwIfNoEntry: false })?.uid;
  if (owner === undefined) {
    createClosed(file);
    return;
  }
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return;
    throw new StoreError(
      "Forbidden",
      `store file ${file} belongs to user ${owner} and is closed to others: run the command as that user, for example with sudo`,
      { cause: error },
    );
  }
}

/** Closes the files of an older version to other users. Never opens them: a close would release the locks of SQLite. */
export function closeToOthers(file: string): void {
  for (const path of [file, ...companions.map((suffix) => file + suffix)]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0)
      chmodSync(path, ownerOnly);
  }
}

function createClosed(file: string): void {
  try {
    closeSync(openSync(file, "wx", ownerOnly));
  } catch {
    // The folder is missing or full, or another process was faster.
  }
}
