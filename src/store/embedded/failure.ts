import { StoreError } from "../error.ts";

/** Result codes of SQLite that say something about the machine and nothing about our code. */
const machine: Readonly<Record<number, string>> = {
  5: "another process has held its lock for too long: try again, and end that process if it hangs",
  6: "another process has held its lock for too long: try again, and end that process if it hangs",
  8: "it is read-only: make the file and its folder writable for this user",
  10: "the disk answered with an error: look at the system log",
  13: "the disk is full: free some space",
  14: "it could not be opened: check that the folder exists and is writable for this user",
  15: "its lock file could not be used: check that the folder is on a local disk",
};

const damaged = new Set([11, 26]);

/** The failure of a call on the store's file as a StoreError that names the file and what to do; what is a bug stays what it was. */
export function storeErrorOf(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ERR_INVALID_STATE")
    return new StoreError("Unavailable", `store file ${file} is closed`, { cause: error });
  if (error.code !== "ERR_SQLITE_ERROR" || !("errcode" in error)) return error;
  const code = Number(error.errcode) & 0xff;
  if (damaged.has(code)) return damageOf(file, error.message, error);
  const what = machine[code];
  return what === undefined ? error : new StoreError("Unavailable", `store file ${file}: ${what}`, { cause: error });
}

/** Nothing in the file is lost for good: pools are declared elsewhere, pull requests and their statuses are on GitHub. */
export function damageOf(file: string, detail: string, cause?: unknown): StoreError {
  return new StoreError(
    "Unavailable",
    `store file ${file} is damaged (${detail}): stop what uses it, move it away together with ${file}-wal and ${file}-shm, and start again; ` +
      "pools are read again from their files, pull requests and verdicts from GitHub",
    { cause },
  );
}
