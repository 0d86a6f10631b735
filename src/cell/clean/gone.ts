import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { remove } from "../disk/remove.ts";
import { freeBytes } from "../disk/space.ts";

/** Deletes the work areas of checks that are gone: those in which nothing was built for `maxAge`, and while space is short all of them. */
export async function removeGone({ order, clock }: CellContext): Promise<void> {
  const { area, gone = [] } = order.paths;
  for (const path of gone) {
    const isShort = (await freeBytes(area)) < order.limits.minFree;
    if (isShort || (await lastBuiltIn(path)) < clock.now() - order.limits.maxAge) await remove(path);
  }
}

/** Every build sets links there anew. Milliseconds since 1970; 0 where nothing was ever built. */
async function lastBuiltIn(area: string): Promise<number> {
  return await lstat(join(area, "sw/BUILD")).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
