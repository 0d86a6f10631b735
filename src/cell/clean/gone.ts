import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { remove } from "../disk/remove.ts";
import { freeBytesOf } from "../disk/space.ts";

/** Deletes the work areas of removed checks without a build for `maxAge`. If space is short, deletes all of them. */
export async function removeGone({ order, clock }: CellContext): Promise<void> {
  const { area, gone = [] } = order.paths;
  for (const path of gone) {
    const isShort = (await freeBytesOf(area)) < order.limits.minFree;
    if (isShort || (await lastBuiltIn(path)) < clock.now() - order.limits.maxAge) await remove(path);
  }
}

/** Time of the last build, milliseconds since 1970; 0 without a build. Every build changes links in `sw/BUILD`. */
async function lastBuiltIn(area: string): Promise<number> {
  return await lstat(join(area, "sw/BUILD")).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
