import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../../system/clock.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";

/** Subdirectory for unfinished objects. It is on the same file system, and no valid log path reaches it. */
const incoming = ".incoming";

/** Creates a log store in a local directory. `url` is the public URL of that directory. */
export function createDirectoryLogStore(options: {
  readonly directory: string;
  readonly url: string;
  readonly clock?: Pick<Clock, "now">;
}): LogStore {
  const { directory, clock = systemClock } = options;
  const base = options.url.replace(/\/+$/, "");
  return {
    put: async (path, body) => await put(directory, checkPath(path), body),
    url: (path) => `${base}/${checkPath(path).map(encodeURIComponent).join("/")}`,
    expire: (maxAge) => expire(directory, clock.now() - maxAge),
  };
}

/**
 * Creates the directory and deletes unfinished objects of an earlier process. Only for the only writer of the
 * directory.
 */
export async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await rm(join(directory, incoming), { recursive: true, force: true });
}

async function put(
  directory: string,
  parts: readonly string[],
  body: AsyncIterable<Uint8Array> | Uint8Array,
): Promise<void> {
  const target = join(directory, ...parts);
  const temporary = join(directory, incoming, randomUUID());
  await mkdir(dirname(temporary), { recursive: true });
  try {
    await writeSynced(temporary, body);
    await move(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeSynced(path: string, body: AsyncIterable<Uint8Array> | Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o644);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Expiry may delete the new, still empty directory before the rename. Then the move is retried once. */
async function move(from: string, to: string): Promise<void> {
  const attempt = async () => {
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  };
  await attempt().catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? attempt() : Promise.reject(error),
  );
  const parent = await open(dirname(to), "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

/**
 * Deletes files last written before `deadline`, and the emptied directories. Does not follow links. Returns the freed
 * bytes.
 */
async function expire(directory: string, deadline: number): Promise<number> {
  let freed = 0;
  const entries = await readdir(directory, { withFileTypes: true }).catch(unlessGone([]));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      freed += await expire(path, deadline);
      await rmdir(path).catch(() => undefined);
    } else if (entry.isFile()) {
      const facts = await stat(path).catch(unlessGone(undefined));
      if (facts === undefined || facts.mtimeMs >= deadline) continue;
      await rm(path, { force: true });
      freed += facts.size;
    }
  }
  return freed;
}

function unlessGone<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return fallback;
    throw error;
  };
}
