import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Deletes links in place of aliBuild's own directories: a build may have planted one that leads out of the work area, and aliBuild follows it. */
export async function removePlantedLinks(area: string): Promise<void> {
  const sw = join(area, "sw");
  for (const path of [sw, ...(await namesIn(sw)).map((name) => join(sw, name))]) {
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === true) await rm(path);
  }
}

/** Names in a real directory; none where it is a link or not there. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  const facts = await lstat(directory).catch(() => undefined);
  return facts?.isDirectory() === true ? await readdir(directory) : [];
}
