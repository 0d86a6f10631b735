import { StoreError } from "../error.ts";

/** SQLite result codes caused by the machine, not by a bug, with the advice for people. */
const machine: Readonly<Record<number, string>> = {
  5: "another process holds the lock of the file: try again, and stop that process if it hangs",
  6: "another process holds the lock of the file: try again, and stop that process if it hangs",
  8: "the file is read-only: make the file and its folder writable for this user",
  10: "the disk reported an error: look at the system log",
  13: "the disk is full: free some space",
  14: "the file could not be opened: check that the folder exists and is writable for this user",
  15: "the lock of the file failed: check that the folder is on a local disk",
};

const damaged = new Set([11, 26]);

/**
 * Converts an SQLite failure into a StoreError Unavailable that names the file and the remedy. Returns other errors
 * unchanged.
 */
export function storeErrorOf(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ERR_INVALID_STATE")
    return new StoreError("Unavailable", `store file ${file} is closed`, { cause: error });
  if (error.code !== "ERR_SQLITE_ERROR" || !("errcode" in error)) return error;
  const code = Number(error.errcode) & 0xff;
  if (damaged.has(code)) return damagedError(file, error.message, error);
  const advice = machine[code];
  return advice === undefined
    ? error
    : new StoreError("Unavailable", `store file ${file}: ${advice}`, { cause: error });
}

/**
 * Returns the StoreError for a damaged file. The message advises to start with a new file: pool files and GitHub hold
 * everything needed to rebuild it.
 */
export function damagedError(file: string, detail: string, cause?: unknown): StoreError {
  return new StoreError(
    "Unavailable",
    `store file ${file} is damaged (${detail}): stop the processes that use it, move it away together with ${file}-wal and ${file}-shm, and start again; ` +
      "builderpool then reads the pools from their files, and pull requests and verdicts from GitHub",
    { cause },
  );
}
