import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { bytes } from "../../api/values/quantity.ts";
import type { FolderFacts } from "../../core/machine/facts.ts";
import { isRunning } from "../lock.ts";

/** Examines the work folder, or its nearest existing parent: free space, permissions, a running `up`. */
export async function folderFactsOf(workDir: string, pools: readonly BuilderPool[]): Promise<FolderFacts> {
  const folder = nearestFolderOf(workDir);
  const { blocks, bavail, bsize } = await statfs(folder);
  const wanted = Math.max(...pools.map(({ spec }) => bytes(spec.cleanup.minFree)), 0);
  const facts = {
    path: workDir,
    exists: existsSync(workDir),
    running: await isRunning(workDir),
    free: bavail * bsize,
    // the disk may have other users, so at most a tenth of it can be required
    wanted: Math.min(wanted, (blocks * bsize) / 10),
  };
  try {
    return { ...facts, caseSensitive: await isCaseSensitive(folder) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ...facts, caseSensitive: true, trouble: troubles[code ?? ""] ?? message };
  }
}

const troubles: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its disk is mounted read-only",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "its disk is full",
};

/** Returns the folder itself, or its nearest existing parent. */
export function nearestFolderOf(path: string): string {
  return existsSync(path) ? resolve(path) : nearestFolderOf(dirname(resolve(path)));
}

/** Reports whether the folder exists and belongs to the user of this process. */
export function isOurs(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

/** Writes a file and looks it up in another case. Throws if the folder is not writable. */
async function isCaseSensitive(folder: string): Promise<boolean> {
  const attempt = await mkdtemp(join(folder, ".doctor-"));
  try {
    await writeFile(join(attempt, "Name"), basename(attempt));
    return await stat(join(attempt, "nAME")).then(
      () => false,
      () => true,
    );
  } finally {
    await rm(attempt, { recursive: true });
  }
}
