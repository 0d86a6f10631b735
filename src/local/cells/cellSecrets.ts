import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { CellUser } from "../../builder/config/sandbox.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

export interface SecretCopy {
  /** Where the Secrets lie: a folder for each, a file in it for each key. */
  readonly from: string;
  /** Secrets that builds may read. */
  readonly names: readonly string[];
  /** Folder for the copy, which is this copy's alone. */
  readonly to: string;
  /** Whom builds run as; absent when that is the user of this process. */
  readonly user: CellUser | undefined;
}

const interval = 5_000;
/** No Secret of Kubernetes is larger. */
const largest = 2 ** 20;

/** Keeps the copy as the files are until `signal` aborts; resolves when it is so for the first time. What goes wrong is logged and tried again. */
export async function followSecrets(copy: SecretCopy, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const look = () =>
    copySecrets(copy).catch((error: unknown) =>
      log.warn({ secrets: copy.names, error: String(error) }, "secrets for builds not copied"),
    );
  await look();
  if (copy.names.length > 0) void lookAgain();

  async function lookAgain(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(interval, signal).catch(() => {});
      if (!signal.aborted) await look();
    }
  }
}

/**
 * Makes the copy what the files are now. Builds can read it and, where they run as another user, not change it: it belongs to this process,
 * and to their group. Each key is replaced as a whole, and what is no longer there is taken away.
 */
export async function copySecrets({ from, names, to, user }: SecretCopy): Promise<void> {
  if (names.length === 0) return rm(to, { recursive: true, force: true });
  await mkdir(dirname(to), { recursive: true });
  await lock(to, user);
  await keepOnly(to, names);
  for (const name of names) {
    const keys = await keysOf(join(from, name));
    await lock(join(to, name), user);
    await keepOnly(join(to, name), [...keys.keys()]);
    for (const [key, bytes] of keys) await put(join(to, name, key), bytes, user);
  }
}

async function keysOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const keys = new Map<string, Buffer>();
  for (const key of await readdir(folder).catch(() => [])) {
    const path = join(folder, key);
    const facts = await lstat(path);
    // names as Kubernetes allows them: none that an editor or a mount leaves behind
    if (facts.isFile() && facts.size <= largest && /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(key))
      keys.set(key, await readFile(path));
  }
  return keys;
}

async function lock(folder: string, user: CellUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await give(folder, 0o750, user);
}

async function keepOnly(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder))
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
}

async function put(path: string, bytes: Buffer, user: CellUser | undefined): Promise<void> {
  const known = await readFile(path).catch(() => undefined);
  if (known?.equals(bytes) === true) return;
  const fresh = `${path}~`;
  await writeFile(fresh, bytes, { mode: 0o600 });
  await give(fresh, 0o640, user);
  await rename(fresh, path);
}

/** To the group of the builds for reading; to nobody else. */
async function give(path: string, mode: number, user: CellUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, process.getuid?.() ?? 0, user.gid);
  await chmod(path, user === undefined ? mode & 0o700 : mode);
}

/** What people should know about the Secrets that pools hand to builds, a sentence each. */
export function cellSecretLines(pools: readonly BuilderPool[], from: string): readonly string[] {
  return pools.flatMap(({ metadata, spec }) =>
    (spec.cellSecrets ?? []).map(({ name }) => {
      const folder = join(from, name);
      const opened = `${metadata.name}: the code of every pull request that is built can read ${folder} (spec.cellSecrets)`;
      return existsSync(folder)
        ? opened
        : `${opened}; there is nothing yet: make the folder, with one file for each key`;
    }),
  );
}
