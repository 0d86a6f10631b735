import { createHash } from "node:crypto";
import { access, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, LockedError, lockWorkDir } from "../../../../src/local/lock.ts";
import { during } from "./progress.ts";

/** Where what takes long to make is kept between runs, outside the checkout; anything in it may be deleted at any time. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "builderpool");
}

/** The same for the same parts, whatever lies in them. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/**
 * The folder of the cache for `key`. When there is none, `make` fills a new one, which appears whole or not at all; of two
 * processes that want the same one, the second waits for the first. `what` names it to people who wait.
 */
export async function cached(what: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), key);
  if (await isUsed(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  return holding(`${folder}.held`, what, async () => {
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

/** Whether it is there; from now on it counts as used now. */
async function isUsed(folder: string): Promise<boolean> {
  const now = new Date();
  return utimes(folder, now, now).then(
    () => true,
    () => false,
  );
}

/** Deletes what nobody used for two weeks, and what was not finished by then: each change of the programs makes images anew. */
async function sweep(): Promise<void> {
  const twoWeeks = 14 * 24 * 60 * 60_000;
  for (const name of (await readdir(cacheFolder())).filter((entry) => /^[0-9a-f]{64}\b/.test(entry))) {
    const folder = join(cacheFolder(), name);
    const used = await stat(folder).catch(() => undefined);
    if (used !== undefined && Date.now() - used.mtimeMs > twoWeeks) await rm(folder, { recursive: true, force: true });
  }
}

/** Does `work` while no other process of this machine holds the same lock, which is the kernel's: one that died holds nothing. */
async function holding<T>(folder: string, what: string, work: () => Promise<T>): Promise<T> {
  const lock =
    take(folder) ?? (await during(`waiting for another process to finish ${what}`, () => untilTaken(folder)));
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

/** Is there a process with this number? One of another user counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Is there a file or folder at `path`? */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
