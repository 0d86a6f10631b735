import { statfs } from "node:fs/promises";
import type { Order } from "../../api/cell/order.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/** Below this number of bytes the disk counts as full. */
const fullBytes = 2 ** 20;
/**
 * Free share below which a complaint of a command about space is believed. Tests of pull requests print such text too.
 */
const lowShare = 0.05;

/** Free bytes for this user in the file system of `path`. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Whether no space or no inode is left in the file system of `path`. False for a missing path. */
export async function isFull(path: string, complained = false): Promise<boolean> {
  const facts = await statfs(path).catch(() => undefined);
  if (facts === undefined) return false;
  const { bavail, blocks, bsize, files, ffree } = facts;
  const isLow = complained && (bavail < lowShare * blocks || ffree < lowShare * files);
  return isLow || bavail * bsize <= fullBytes || (files > 0 && ffree === 0);
}

/**
 * Throws the InfrastructureFailure DiskFull if no space is left for the order. With a `complaint` about space, in the
 * output of a command or already recognised, little space suffices.
 */
export async function refuseFullDisk({ paths }: Order, complaint: string | boolean): Promise<void> {
  const complained = typeof complaint === "boolean" ? complaint : reportsFullDisk(complaint);
  for (const path of [paths.area, paths.tools, paths.tmp]) if (await isFull(path, complained)) throw diskFull(path);
}

/** The failure of an order that found no space in the file system of `path`. */
export function diskFull(path: string): InfrastructureFailure {
  return new InfrastructureFailure(
    "DiskFull",
    `No space was left in the file system of ${path}; free some, lower spec.cleanup.maxAge, or raise spec.cleanup.minFree`,
  );
}

function reportsFullDisk(text: string): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(text);
}
