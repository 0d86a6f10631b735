import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { bytes } from "../../api/values/quantity.ts";
import { isRunning } from "../../builder/machine/lock.ts";
import { isCaseSensitive, nearestFolderOf, workPathTroubleOf } from "../../builder/machine/workFolder.ts";
import type { FolderFacts } from "../../core/machine/facts.ts";

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
  const unusable = workPathTroubleOf(workDir);
  if (unusable !== undefined) return { ...facts, caseSensitive: true, trouble: unusable };
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

/** Reports whether the folder exists and belongs to the user of this process. */
export function isOurs(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}
