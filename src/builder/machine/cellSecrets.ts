import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { CellUser } from "../areas/owner.ts";

/** A copy of Secrets for the builds of one builder. */
export interface SecretCopy {
  /** Folder of the Secrets: one folder per Secret, with one file per key. */
  readonly from: string;
  /** Names of the Secrets that builds may read. */
  readonly names: readonly string[];
  /** Folder of the copy. It must contain nothing else. */
  readonly to: string;
  /** User of the builds; undefined when builds run as the user of this process. */
  readonly user: CellUser | undefined;
}

const interval = 5_000;
/** Maximum size of a key, in bytes. Kubernetes allows no larger Secret. */
const largest = 2 ** 20;

/**
 * Keeps the copy equal to the files until `signal` aborts. Resolves after the first copy. Failures are logged and
 * retried every 5 s.
 */
export async function followSecrets(copy: SecretCopy, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const copyOrLog = () =>
    copySecrets(copy).catch((error: unknown) =>
      log.warn({ secrets: copy.names, error: String(error) }, "secrets for builds not copied, retrying"),
    );
  await copyOrLog();
  if (copy.names.length > 0) void repeat();

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(interval, signal).catch(() => {});
      if (!signal.aborted) await copyOrLog();
    }
  }
}

/**
 * Copies the current files once. The copy belongs to this process and to the group of the builds: builds of another
 * user can read but not change it. Replaces each key atomically, and removes keys and Secrets that no longer exist.
 */
export async function copySecrets({ from, names, to, user }: SecretCopy): Promise<void> {
  if (names.length === 0) return rm(to, { recursive: true, force: true });
  await mkdir(dirname(to), { recursive: true });
  await createFolder(to, user);
  await keepOnly(to, names);
  for (const name of names) {
    const keys = await keysOf(join(from, name));
    await createFolder(join(to, name), user);
    await keepOnly(join(to, name), [...keys.keys()]);
    for (const [key, bytes] of keys) await writeKey(join(to, name, key), bytes, user);
  }
}

async function keysOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const keys = new Map<string, Buffer>();
  for (const key of await readdir(folder).catch(() => [])) {
    const path = join(folder, key);
    const facts = await lstat(path);
    // the key names of Kubernetes; skips files of editors and mounts
    if (facts.isFile() && facts.size <= largest && /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(key))
      keys.set(key, await readFile(path));
  }
  return keys;
}

async function createFolder(folder: string, user: CellUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await restrict(folder, 0o750, user);
}

async function keepOnly(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder))
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
}

async function writeKey(path: string, bytes: Buffer, user: CellUser | undefined): Promise<void> {
  const known = await readFile(path).catch(() => undefined);
  if (known?.equals(bytes) === true) return;
  const fresh = `${path}~`;
  await writeFile(fresh, bytes, { mode: 0o600 });
  await restrict(fresh, 0o640, user);
  await rename(fresh, path);
}

/** Sets owner and mode: the group of the builds can read the path, other users cannot. */
async function restrict(path: string, mode: number, user: CellUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, process.getuid?.() ?? 0, user.gid);
  await chmod(path, user === undefined ? mode & 0o700 : mode);
}

/** Returns one sentence for people per Secret that a pool exposes to builds. */
export function cellSecretLines(pools: readonly BuilderPool[], from: string): readonly string[] {
  return pools.flatMap(({ metadata, spec }) =>
    (spec.cellSecrets ?? []).map(({ name }) => {
      const folder = join(from, name);
      const exposed = `${metadata.name}: the code of every pull request that is built can read ${folder} (spec.cellSecrets)`;
      return existsSync(folder) ? exposed : `${exposed}; the folder is missing: create it, with one file for each key`;
    }),
  );
}
