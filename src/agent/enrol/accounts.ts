import { run } from "../../system/process/run.ts";
import type { User } from "../state/settings.ts";

/** An account of this machine. */
export interface Account extends User {
  /** Login shell. Undefined for an id without an account. */
  readonly loginShell: string | undefined;
}

/** The shell of an account that names none, as in passwd(5). */
const usualShell = "/bin/sh";

/** Looks an account up by name, UID or UID:GID. Undefined if a name has no account. An id needs none. */
export async function findAccount(wanted: string): Promise<Account | undefined> {
  const numbers = /^(?<uid>[0-9]+)(:(?<gid>[0-9]+))?$/.exec(wanted)?.groups;
  const found = process.platform === "darwin" ? await fromDirectory(wanted) : await fromPasswd(wanted);
  if (found !== undefined || numbers === undefined) return found;
  const uid = Number(numbers["uid"]);
  return { name: wanted, uid, gid: Number(numbers["gid"] ?? uid), loginShell: undefined };
}

async function fromPasswd(wanted: string): Promise<Account | undefined> {
  return accountIn(await outputOf("getent", ["passwd", "--", wanted.split(":")[0] ?? ""]));
}

/** Reads a line of `getent passwd`. */
export function accountIn(line: string): Account | undefined {
  const [name = "", , uid = "", gid = "", , , loginShell = ""] = line.trim().split(":");
  if (name === "" || uid === "") return undefined;
  return { name, uid: Number(uid), gid: Number(gid), loginShell: loginShell || usualShell };
}

async function fromDirectory(wanted: string): Promise<Account | undefined> {
  const name = await outputOf("/usr/bin/id", ["-un", "--", wanted.split(":")[0] ?? ""]);
  if (name === "" || /^[0-9]+$/.test(name)) return undefined;
  const keys = ["UniqueID", "PrimaryGroupID", "UserShell"];
  return recordIn(name, await outputOf("/usr/bin/dscl", [".", "-read", `/Users/${name}`, ...keys]));
}

/** Reads the output of `dscl . -read`. */
export function recordIn(name: string, output: string): Account | undefined {
  const value = (key: string) => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(output)?.[1]?.trim() ?? "";
  const [uid, gid] = [value("UniqueID"), value("PrimaryGroupID")];
  const loginShell = value("UserShell") || usualShell;
  return uid === "" ? undefined : { name, uid: Number(uid), gid: Number(gid), loginShell };
}

/** Whether a person can log in with this shell. */
export function isLoginShell(shell: string): boolean {
  return !/\/(nologin|false|true|sync|shutdown|halt)$/.test(shell);
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const env = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };
  const { exitCode, stdout } = await run({ command, args, cwd: "/", env, timeoutMs: 10_000, maxCapture: 2 ** 16 });
  return exitCode === 0 ? stdout.trim() : "";
}
