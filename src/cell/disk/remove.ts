import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Deletes a tree and never follows a link out of it; builds leave directories without write permission, which are opened first. */
export async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await open(path);
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

/** Deletes what a directory contains. */
export async function emptyFolder(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await remove(join(directory, name));
}

async function open(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined || !facts.isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await open(join(path, name));
}
