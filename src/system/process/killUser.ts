import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Exit, exitOf } from "./exit.ts";
import { run } from "./run.ts";

/** The end of the processes of a user. */
export interface Killed {
  /** Number of processes that were found and killed. */
  readonly killed: number;
  /** Number of processes that did not end, for instance in a hanging file system. */
  readonly left: number;
}

const rounds = 30;
/** Longest life of the process that sends the signals. A process of the same user can stop it. */
const senderMs = 2_000;

/**
 * Kills every process of a user, in every session and PID namespace below this one, until none is left or about 3 s are
 * over. A throw-away process becomes the user and signals all processes at once, so no process escapes by a fork, by an
 * empty environment or by a session of its own. Throws a RangeError for root and for the user of this process, and if
 * this process is not root.
 */
export async function killUser({ uid, gid }: { readonly uid: number; readonly gid: number }): Promise<Killed> {
  if (process.getuid?.() !== 0 || !Number.isInteger(uid) || uid <= 0 || uid >= 2 ** 32 - 1)
    throw new RangeError(`user ${uid} cannot be killed: only root kills the processes of another user`);
  await endDomain(uid);
  const seen = new Set<number>();
  let found = await processesOf(uid);
  for (let round = 0; round < rounds; round += 1) {
    for (const pid of found) seen.add(pid);
    const isSent = await signalAll(uid, gid);
    for (const pid of found) kill(pid);
    found = await processesOf(uid);
    if (isSent && found.length === 0) break;
    await sleep(Math.min(10 * round, 150));
  }
  return { killed: seen.size - found.length, left: found.length };
}

/** The users of all running processes: real, effective and saved ids. */
export async function usersWithProcesses(): Promise<ReadonlySet<number>> {
  return new Set((await listOwners()).flatMap(({ users }) => users));
}

/**
 * On macOS, removes the launchd domain of the user, with the jobs that a build started there. launchd would start them
 * again.
 */
async function endDomain(uid: number): Promise<void> {
  if (process.platform !== "darwin") return;
  const args = ["bootout", `user/${uid}`]; // Fails if the user has no domain.
  await run({ command: "/bin/launchctl", args, cwd: "/", env: {}, timeoutMs: 10_000 });
}

/** Signals all processes of the user. False if the sender was killed first. */
async function signalAll(uid: number, gid: number): Promise<boolean> {
  const sender = spawn("/bin/sh", ["-c", "kill -KILL -1"], { uid, gid, cwd: "/", env: {}, stdio: "ignore" });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    sender.kill("SIGKILL");
  }, senderMs);
  const exit = await exitOf(sender);
  clearTimeout(limit);
  return !isLate && hasSent(exit, process.platform);
}

/** Whether the sender has signalled all processes before its end. On macOS it signals itself too. */
export function hasSent({ code, signal }: Pick<Exit, "code" | "signal">, platform: NodeJS.Platform): boolean {
  return code !== null || (platform === "darwin" && signal === "SIGKILL");
}

async function processesOf(uid: number): Promise<readonly number[]> {
  return (await listOwners()).filter(({ users }) => users.includes(uid)).map(({ pid }) => pid);
}

/** A process with its users. */
interface Owner {
  readonly pid: number;
  readonly users: readonly number[];
}

/** All processes without zombies. */
async function listOwners(): Promise<readonly Owner[]> {
  if (process.platform !== "linux") return await fromPs();
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const owners = await Promise.all(
    pids.map(async (pid): Promise<Owner | undefined> => {
      const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
      const state = /^State:\s*(\w)/m.exec(status)?.[1] ?? "Z";
      const ids = /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)/m.exec(status)?.slice(1) ?? [];
      return "ZX".includes(state) ? undefined : { pid: Number(pid), users: ids.map(Number) };
    }),
  );
  return owners.filter((owner) => owner !== undefined);
}

async function fromPs(): Promise<readonly Owner[]> {
  const args = ["-A", "-o", "pid=,uid=,ruid=,stat="];
  const { stdout } = await run({ command: "/bin/ps", args, cwd: "/", env: {}, maxCapture: 2 ** 24 });
  return ownersIn(stdout);
}

/** Reads the output of `ps -A -o pid=,uid=,ruid=,stat=`. */
export function ownersIn(output: string): readonly Owner[] {
  return output.split("\n").flatMap((line) => {
    const [pid, effective, real, state = "Z"] = line.trim().split(/\s+/);
    return state.startsWith("Z") ? [] : [{ pid: Number(pid), users: [Number(effective), Number(real)] }];
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process is gone.
  }
}
