import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { repairMode } from "./folder.ts";

/**
 * Deletes links in place of aliBuild's own directories. A build may plant a link out of the work area, and aliBuild
 * would follow it.
 */
export async function removePlantedLinks(area: string): Promise<void> {
  const sw = join(area, "sw");
  for (const path of [sw, ...(await namesIn(sw)).map((name) => join(sw, name))]) {
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === true) await rm(path);
    else await namesIn(path); // Opens a folder that a build closed.
  }
}

/** The entries of a directory; empty for a link or a missing directory. Gives the owner all rights on the directory. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  const facts = await lstat(directory).catch(() => undefined);
  if (facts?.isDirectory() !== true) return [];
  if ((facts.mode & 0o700) !== 0o700) repairMode(Buffer.from(directory));
  return await readdir(directory);
}
