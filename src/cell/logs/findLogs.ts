import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A log of the build, open for reading. */
export interface FoundLog {
  /** Path for people: `sw/BUILD/<package>-latest/log`. */
  readonly path: string;
  readonly file: FileHandle;
  readonly bytes: number;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Maximum number of logs, above the number of packages of every build. */
const mostLogs = 500;

/**
 * The logs of the last build, oldest first: the fetch log and `sw/BUILD/*latest/log`. A build may plant links, devices
 * and pipes under these names. Only regular files inside the build's own directory are opened, and never in a blocking
 * way.
 */
export async function findLogs(area: string): Promise<readonly FoundLog[]> {
  const root = await realpath(area);
  const found: FoundLog[] = [];
  for (const { directory, path } of await buildFoldersOf(root)) {
    const log = await openRegular(join(directory, "log"), `${path}/log`);
    if (log !== undefined) found.push(log);
  }
  const mirror = join(root, "sw/MIRROR");
  const fetched = (await isItself(mirror))
    ? await openRegular(join(mirror, "fetch-log.txt"), "sw/MIRROR/fetch-log.txt")
    : undefined;
  found.sort((a, b) => a.finishedAt - b.finishedAt || a.path.localeCompare(b.path));
  return fetched === undefined ? found : [fetched, ...found];
}

/** A folder in which aliBuild built a package last. */
interface BuildFolder {
  readonly directory: string;
  /** Path for people: `sw/BUILD/<package>-latest`. */
  readonly path: string;
}

/** The folders of the last build. A link that leaves `sw/BUILD` is left out. `root` is a real path. */
export async function buildFoldersOf(root: string): Promise<readonly BuildFolder[]> {
  const builds = join(root, "sw/BUILD");
  const names = (await isItself(builds)) ? await readdir(builds) : [];
  const found: BuildFolder[] = [];
  for (const name of names.filter((one) => one.endsWith("latest")).slice(0, mostLogs)) {
    const directory = await realpath(join(builds, name)).catch(() => "");
    if (dirname(directory) === builds) found.push({ directory, path: `sw/BUILD/${printable(name)}` });
  }
  return found;
}

/** The package of a log. */
export function packageOf(path: string): string {
  return basename(dirname(path)).replace(/-latest$/, "");
}

async function isItself(path: string): Promise<boolean> {
  return (await realpath(path).catch(() => undefined)) === path;
}

/** Opens a regular file with one name for reading. Undefined for a link, a device, a pipe or a folder. */
export async function openRegular(path: string, shown: string): Promise<FoundLog | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  const facts = await file.stat({ bigint: true });
  if (facts.isFile() && facts.nlink === 1n) return { path: shown, file, ...describe(facts) };
  await file.close();
  return undefined;
}

function describe(facts: BigIntStats): Pick<FoundLog, "bytes" | "startedAt" | "finishedAt"> {
  const finishedAt = Number(facts.mtimeMs);
  const born = Number(facts.birthtimeMs);
  return { bytes: Number(facts.size), startedAt: born > 0 && born <= finishedAt ? born : finishedAt, finishedAt };
}

/** A name as printable ASCII, at most 300 characters. */
export function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 300);
}
