import { statfs } from "node:fs/promises";
import { InfrastructureFailure } from "./infrastructure.ts";

/** Below this the disk counts as full. */
const nothing = 2 ** 20;

/** Bytes that this user may still write in the file system of `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Throws DiskFull when no space is left below `path`, or when the text says that there was none. */
export async function refuseFullDisk(path: string, text: string): Promise<void> {
  const free = await freeBytes(path).catch(() => Number.POSITIVE_INFINITY);
  if (free > nothing && !saysDiskFull(text)) return;
  throw new InfrastructureFailure(
    "DiskFull",
    `No space was left in the file system of ${path}; free some, or lower spec.cleanup.maxAge or raise spec.cleanup.minFree`,
  );
}

export function saysDiskFull(text: string): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(text);
}
