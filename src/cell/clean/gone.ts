import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { remove, removeAside, reportLeftover } from "../disk/remove.ts";
import { freeBytesOf } from "../disk/space.ts";

/** Most milliseconds of one deletion. No build waits for a cleanup, so it may take long. */
const limitMs = 10 * 60_000;

/** Deletes the work areas of removed checks without a build for `maxAge`. If space is short, deletes all of them. */
export async function removeGone({ order, clock }: CellContext): Promise<void> {
  const { area, gone = [] } = order.paths;
  for (const path of gone) {
    const isShort = (await freeBytesOf(area)) < order.limits.minFree;
    if (isShort || (await lastBuiltIn(path)) < clock.now() - order.limits.maxAge)
      reportLeftover(await remove(path, { limitMs }));
  }
}

/** Deletes the entries that earlier deletions left aside beside and inside the folders of the order. */
export async function removeLeftovers({ order }: CellContext): Promise<void> {
  const { area, tools, home } = order.paths;
  for (const folder of [dirname(area), area, tools, home, join(area, "sw/BUILD"), join(area, "sw/MIRROR")])
    for (const leftover of await removeAside(folder, { limitMs })) reportLeftover(leftover);
}

/** Time of the last build, milliseconds since 1970; 0 without a build. Every build changes links in `sw/BUILD`. */
async function lastBuiltIn(area: string): Promise<number> {
  return await lstat(join(area, "sw/BUILD")).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
