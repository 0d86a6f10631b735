import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Deletes a tree without following links. Builds leave directories without write permission, so a retry makes them
 * writable first.
 */
export async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

/** Deletes all entries of a directory. */
export async function emptyFolder(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await remove(join(directory, name));
}

async function makeWritable(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined || !facts.isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await makeWritable(join(path, name));
}
