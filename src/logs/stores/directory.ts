import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../../system/clock.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";

/** Unfinished objects wait here, on the same file system, out of reach of the paths people ask for. */
const incoming = ".incoming";

/** A log store that is a directory of this machine. `url` is the address under which people reach that directory. */
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

/** Makes the directory, and takes away what an earlier process left half-written in it. Only for who alone writes there. */
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
    await write(temporary, body);
    await move(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function write(path: string, body: AsyncIterable<Uint8Array> | Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o644);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The expiry of old logs may take an empty directory away between its making and the rename: then once more. */
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

/** Deletes the files last written before `deadline`, and the directories that this empties. Links are not followed. */
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

function unlessGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return instead;
    throw error;
  };
}
