import { lstat, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { remove } from "../disk/remove.ts";

/** A tool that comes from a branch, or is what a check tests, is installed once for every commit. Milliseconds. */
const unusedFor = 30 * 86_400_000;

/** Deletes installations of tools that nothing was built with for a month, and what is left of those that were cut short. */
export async function removeOldTools({ order, clock }: CellContext): Promise<void> {
  const { tools } = order.paths;
  const before = clock.now() - unusedFor;
  const used = new Set<string>();
  const directories: string[] = [];
  for (const name of await namesIn(tools)) {
    const path = join(tools, name);
    const facts = await lstat(path);
    if (facts.isSymbolicLink() && facts.mtimeMs >= before) used.add(basename(await readlink(path)));
    else if (facts.isSymbolicLink()) await rm(path);
    else if (facts.mtimeMs < before) directories.push(name);
  }
  for (const name of directories) if (!used.has(name)) await remove(join(tools, name));
}
