import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../system/log.ts";
import { removeIpcObjects } from "../../system/process/ipcObjects.ts";
import { run } from "../../system/process/run.ts";
import { publicFolders } from "./view.ts";

/** Inputs of `removeLitter`. */
export interface LitterOptions {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the sweeper. */
  readonly sweeper: string;
  /** A user of builds alone. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** Milliseconds for all folders. */
const limitMs = 60_000;
/** Folders that every program of a machine can write. A view replaces the public ones and closes the others. */
const openFolders = [...publicFolders, "/run/lock", "/var/lock", "/var/crash"];
/** Folders of macOS that every program can write. */
const openOnMacs = ["/Users/Shared", "/Library/Caches"];
/** Message queues of POSIX, if the system shows them as files. */
const queues = "/dev/mqueue";

/**
 * Deletes what an order left outside of its folders, where it had no folders and no IPC namespace of its own: files of
 * its user in /tmp, /var/tmp, /dev/shm and folders for locks and crashes, and objects of System V and POSIX IPC. No
 * process of the user may run. Never throws.
 */
export async function removeLitter({ node, sweeper, user, environment, log }: LitterOptions): Promise<void> {
  const who = `${user.uid}:${user.gid}`;
  const ofMac = process.platform === "darwin" ? [...openOnMacs, ...(await macFoldersOf(user.uid))] : [];
  const args = [sweeper, who, ...openFolders, ...ofMac];
  const swept = await run({ command: node, args, cwd: "/", env: environment, timeoutMs: limitMs });
  if (swept.exitCode !== 0)
    log.error({ user: user.uid, reason: swept.tail.trim() }, "files of a build are left in public folders");
  const { left } = await removeIpcObjects(user.uid, environment);
  if (left > 0) log.error({ user: user.uid, left }, "IPC objects of a build are left");
  await removeQueues(user.uid);
}

/** The folders for temporary files and caches that macOS gives to a user, whatever TMPDIR says. */
export async function macFoldersOf(uid: number, root = "/var/folders"): Promise<readonly string[]> {
  const [groups, found]: [readonly string[], string[]] = [await readdir(root).catch(() => []), []];
  for (const group of groups) {
    for (const name of await readdir(join(root, group)).catch(() => [])) {
      const folder = join(root, group, name);
      if ((await stat(folder).catch(() => undefined))?.uid !== uid) continue;
      found.push(...(await readdir(folder).catch(() => [])).map((each) => join(folder, each)));
    }
  }
  return found;
}

async function removeQueues(uid: number): Promise<void> {
  for (const name of await readdir(queues).catch(() => [])) {
    const path = join(queues, name);
    const owner = await stat(path).catch(() => undefined);
    if (owner?.uid === uid) await unlink(path).catch(() => {});
  }
}
