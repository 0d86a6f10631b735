import { lstat, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { remove, reportLeftover } from "../disk/remove.ts";

/**
 * Milliseconds without use before a tool is deleted. A tool from a branch or a pull request is installed for every
 * commit.
 */
const unusedFor = 30 * 86_400_000;

/** Deletes tools without use for 30 days, and the remains of interrupted installations. */
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
  for (const name of directories) if (!used.has(name)) reportLeftover(await remove(join(tools, name)));
}
