import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { execaSync } from "execa";
import { messageOf } from "../../system/messageOf.ts";
import { usersWithProcesses } from "../../system/process/killUser.ts";

/** Claims of this process on user ids of the machine. */
export interface UserClaims {
  /** Reason why no id can be claimed, for people. Builds then share ids with other programs. */
  readonly problem?: string;
  /** Claims an id until this process ends. False if the id belongs to another `up`, an account or a program. */
  claim(uid: number): boolean;
  /** Claims an id as `claim` does, although an account has it. */
  claimAccount(uid: number): boolean;
  /** Claims an id that belongs to builds alone, whatever runs as it. False if another process holds the claim. */
  claimOwn(uid: number): boolean;
}

/** Folder of the claims. It is empty after a restart of the machine, as the table of processes is. */
const claimsFolder = process.platform === "linux" ? "/run/builderpool/users" : "/var/run/builderpool/users";

/**
 * Opens the claims of the machine. A claimed id belongs to builds alone, so all its processes may be killed. The first
 * claim of an id since the start of the machine therefore requires that no process runs as that id. Later claims do
 * not: only builds can have left the processes. A claim is a kernel lock on an SQLite file and ends with this process.
 */
export async function openUserClaims(folder = claimsFolder): Promise<UserClaims> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const all = () => true;
    return { problem: messageOf(error), claim: all, claimAccount: all, claimOwn: all };
  }
  const busy = await usersWithProcesses();
  const held = new Map<number, DatabaseSync>();
  function take(uid: number, isUsable: () => boolean): boolean {
    if (held.has(uid)) return true;
    const file = join(folder, String(uid));
    if (!existsSync(file) && !isUsable()) return false;
    const lock = lockFile(file);
    if (lock !== undefined) held.set(uid, lock);
    return lock !== undefined;
  }
  return {
    claim: (uid) => take(uid, () => !busy.has(uid) && !hasAccount(uid)),
    claimAccount: (uid) => take(uid, () => !busy.has(uid)),
    claimOwn: (uid) => take(uid, () => true),
  };
}

function lockFile(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch {
    database.close();
    return undefined;
  }
}

/** Whether the machine knows a user or a group with this id. */
function hasAccount(id: number): boolean {
  if (process.platform !== "linux") return execaSync("id", [String(id)], { reject: false }).exitCode === 0;
  return ["passwd", "group"].some(
    (table) => execaSync("getent", [table, String(id)], { reject: false }).exitCode === 0,
  );
}
