import { createHash } from "node:crypto";
import { access, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, LockedError, lockWorkDir } from "../../../../src/builder/machine/lock.ts";
import { during } from "./progress.ts";

/** The folder outside the checkout for results that take long to build. Its contents may be deleted at any time. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "builderpool");
}

/** A hash of a list of parts. The lengths of the parts are hashed too, so `["ab"]` and `["a", "b"]` differ. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/**
 * The folder of the cache for `key`. If it is missing, `make` fills a new folder, and the finished folder appears at
 * once. A second process that needs the same folder waits for the first. `title` names the folder in progress messages.
 */
export async function cached(title: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), key);
  if (await touch(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  return withLock(`${folder}.held`, title, async () => {
    if (await exists(folder)) return folder;
    const unfinished = `${folder}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await make(unfinished);
    await rename(unfinished, folder);
    await sweep();
    return folder;
  });
}

/** Whether the folder exists. Sets its time of last use to now. */
async function touch(folder: string): Promise<boolean> {
  const now = new Date();
  return utimes(folder, now, now).then(
    () => true,
    () => false,
  );
}

/** Deletes all entries without use for two weeks, finished or not: each change of the programs builds new images. */
async function sweep(): Promise<void> {
  const twoWeeks = 14 * 24 * 60 * 60_000;
  for (const name of (await readdir(cacheFolder())).filter((entry) => /^[0-9a-f]{64}\b/.test(entry))) {
    const folder = join(cacheFolder(), name);
    const used = await stat(folder).catch(() => undefined);
    if (used !== undefined && Date.now() - used.mtimeMs > twoWeeks) await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` under a lock between the processes of this machine. The kernel releases the lock of a dead process. */
async function withLock<T>(folder: string, title: string, work: () => Promise<T>): Promise<T> {
  const lock =
    take(folder) ?? (await during(`waiting for another process to finish ${title}`, () => untilTaken(folder)));
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function untilTaken(folder: string): Promise<Lock> {
  for (;;) {
    const lock = take(folder);
    if (lock !== undefined) return lock;
    await sleep(500);
  }
}

function take(folder: string): Lock | undefined {
  try {
    return lockWorkDir(folder);
  } catch (error) {
    if (error instanceof LockedError) return undefined;
    throw error;
  }
}

/** Whether a process with this number exists, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a file or folder exists at `path`. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
