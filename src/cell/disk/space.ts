import { statfs } from "node:fs/promises";
import type { Order } from "../../api/cell/order.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/** Below this the disk is full, whatever a command says. */
const nothing = 2 ** 20;
/** Share of a file system below which a command that complains about space is believed; tests of pull requests print such words too. */
const little = 0.05;

/** Bytes that this user may still write in the file system of `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Throws DiskFull when no space is left for the order, or when a command said so (`complaint`) and hardly any is. */
export async function refuseFullDisk({ paths }: Order, complaint: string | boolean): Promise<void> {
  const complained = typeof complaint === "boolean" ? complaint : saysDiskFull(complaint);
  for (const path of [paths.area, paths.tools, paths.tmp]) {
    const facts = await statfs(path).catch(() => undefined);
    if (facts === undefined) continue;
    const free = facts.bavail * facts.bsize;
    if (free > nothing && !(complained && facts.bavail < little * facts.blocks)) continue;
    throw new InfrastructureFailure(
      "DiskFull",
      `No space was left in the file system of ${path}; free some, lower spec.cleanup.maxAge, or raise spec.cleanup.minFree`,
    );
  }
}

function saysDiskFull(text: string): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(text);
}
