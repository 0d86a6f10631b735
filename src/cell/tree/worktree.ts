import { type Dir, fchmodSync, lstatSync, opendirSync, renameSync, unlinkSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { closeFolder, entryOf, type Folder, openFolder } from "../disk/folder.ts";
import { renameDirectory } from "../disk/sweep.ts";
import { equals, factsOf, isCopy, isOwnFile } from "./files.ts";
import type { TreeFile } from "./listing.ts";

/** The wanted entries of a directory, by the bytes of their names as Latin-1 text. */
type Wanted = Map<string, TreeFile | Wanted>;

/** Permissions of a directory in a fresh checkout, before the umask. */
const directoryMode = 0o777;
const submodule = "160000";
/** Milliseconds of file operations before other work of the process gets a turn. */
const sliceMs = 20;
/** Most names of one directory in memory. A build can leave millions. */
const batch = 10_000;

/** A work tree whose files may all be forged. Trash is an empty directory in the same file system. */
interface Work {
  readonly trash: Folder;
  readonly signal: AbortSignal;
  /** Start of the names in the trash. */
  readonly prefix: string;
  moved: number;
  sliceEnd: number;
}

/**
 * Makes a work tree and its files ready for a commit. Files that equal the commit byte for byte stay with their times,
 * so that compiled files remain valid. Deletes every other entry, except `.git` at the top and files that
 * `adoptFiles` can replace. Moves directories to `trash`. Returns the files to write. Throws the error of the system.
 */
export async function clearTree(
  tree: Folder,
  trash: Folder,
  files: readonly TreeFile[],
  signal: AbortSignal,
): Promise<readonly TreeFile[]> {
  const stale: TreeFile[] = [];
  await clear(createWork(trash, signal, "clear"), tree, wantedOf(files), stale, true);
  return stale;
}

/**
 * Moves freshly written files from a staging directory into the tree. A file in the tree that is equal already stays
 * with its times: attributes of the commit can change line ends, so its content differs from the object.
 */
export async function adoptFiles(staging: Folder, tree: Folder, trash: Folder, signal: AbortSignal): Promise<void> {
  await adopt(createWork(trash, signal, "adopt"), staging, tree);
}

function createWork(trash: Folder, signal: AbortSignal, prefix: string): Work {
  return { trash, signal, prefix, moved: 0, sliceEnd: performance.now() + sliceMs };
}

function wantedOf(files: readonly TreeFile[]): Wanted {
  const top: Wanted = new Map();
  for (const file of files) {
    const names = file.path.toString("latin1").split("/");
    const last = names.pop() ?? "";
    let directory = top;
    for (const name of names) {
      const found = directory.get(name);
      const next: Wanted = found instanceof Map ? found : new Map();
      if (next !== found) directory.set(name, next);
      directory = next;
    }
    directory.set(last, file);
  }
  return top;
}

async function clear(work: Work, folder: Folder, wanted: Wanted, stale: TreeFile[], isTop: boolean): Promise<void> {
  const stays = (name: Buffer) => wanted.has(name.toString("latin1")) || (isTop && name.toString() === ".git");
  for (;;) {
    const names = await namesOf(work, folder, stays);
    for (const name of names) await discard(work, entryOf(folder, name));
    if (names.length === 0) break;
  }
  for (const [text, child] of wanted) {
    await pause(work);
    const path = entryOf(folder, Buffer.from(text, "latin1"));
    if (child instanceof Map) await clearDirectory(work, folder, path, child, stale);
    else if (child.mode === submodule) await clearSubmodule(work, folder, path, child, stale);
    else if (!equals(path, child)) {
      stale.push(child);
      const facts = factsOf(path);
      if (facts !== undefined && !isOwnFile(facts)) await discard(work, path);
    }
  }
}

async function clearDirectory(
  work: Work,
  parent: Folder,
  path: Buffer,
  wanted: Wanted,
  stale: TreeFile[],
): Promise<void> {
  const folder = await ownDirectory(work, parent, path);
  if (folder === undefined) {
    collect(wanted, stale);
    return;
  }
  try {
    await clear(work, folder, wanted, stale, false);
  } finally {
    closeFolder(folder);
  }
}

/** A submodule is an empty directory: nothing is checked out there. */
async function clearSubmodule(
  work: Work,
  parent: Folder,
  path: Buffer,
  file: TreeFile,
  stale: TreeFile[],
): Promise<void> {
  const folder = await ownDirectory(work, parent, path);
  if (folder === undefined) {
    stale.push(file);
    return;
  }
  try {
    await clear(work, folder, new Map(), stale, false);
  } finally {
    closeFolder(folder);
  }
}

/** Opens a directory of this user. Deletes any other entry in its place, and returns undefined. */
async function ownDirectory(work: Work, parent: Folder, path: Buffer): Promise<Folder | undefined> {
  const facts = factsOf(path);
  if (facts === undefined) return undefined;
  if (facts.isDirectory() && facts.uid === process.geteuid?.() && facts.dev === parent.device) {
    const folder = openFolder(path);
    const wanted = directoryMode & ~process.umask();
    if ((facts.mode & directoryMode) !== wanted) fchmodSync(folder.descriptor, (facts.mode & 0o7000) | wanted);
    return folder;
  }
  await discard(work, path);
  return undefined;
}

function collect(wanted: Wanted, stale: TreeFile[]): void {
  for (const child of wanted.values()) {
    if (child instanceof Map) collect(child, stale);
    else stale.push(child);
  }
}

async function adopt(work: Work, from: Folder, to: Folder): Promise<void> {
  for (;;) {
    const names = await namesOf(work, from, () => false);
    if (names.length === 0) return;
    for (const name of names) await adoptEntry(work, from, to, name);
  }
}

async function adoptEntry(work: Work, from: Folder, to: Folder, name: Buffer): Promise<void> {
  await pause(work);
  const source = entryOf(from, name);
  const target = entryOf(to, name);
  const there = factsOf(target);
  if (lstatSync(source).isDirectory()) {
    if (there?.isDirectory() === true) return await adoptDirectory(work, source, target);
    if (there !== undefined) await discard(work, target);
  } else if (there?.isDirectory() === true) await discard(work, target);
  else if (isCopy(source, target)) return unlinkSync(source);
  renameSync(source, target);
}

async function adoptDirectory(work: Work, source: Buffer, target: Buffer): Promise<void> {
  const from = openFolder(source);
  try {
    const to = openFolder(target);
    try {
      await adopt(work, from, to);
    } finally {
      closeFolder(to);
    }
  } finally {
    closeFolder(from);
  }
  await discard(work, source);
}

/** Deletes a file, and moves a directory to the trash. */
async function discard(work: Work, path: Buffer): Promise<void> {
  await pause(work);
  const facts = factsOf(path);
  if (facts === undefined) return;
  if (!facts.isDirectory()) return unlinkSync(path);
  const error = renameDirectory(path, entryOf(work.trash, Buffer.from(`${work.prefix}-${work.moved}`)));
  if (error !== undefined) throw error;
  work.moved += 1;
}

/** The next names of a directory that do not stay, read in small portions. */
async function namesOf(work: Work, { path }: Folder, stays: (name: Buffer) => boolean): Promise<readonly Buffer[]> {
  const directory = opendirSync(path, { encoding: "buffer" as BufferEncoding, bufferSize: 256 }) as Dir;
  const names: Buffer[] = [];
  try {
    for (let entry = directory.readSync(); entry !== null && names.length < batch; entry = directory.readSync()) {
      await pause(work);
      const name = entry.name as unknown as Buffer;
      if (!stays(name)) names.push(name);
    }
  } finally {
    directory.closeSync();
  }
  return names;
}

async function pause(work: Work): Promise<void> {
  if (performance.now() < work.sliceEnd) return;
  work.signal.throwIfAborted();
  await turn();
  work.sliceEnd = performance.now() + sliceMs;
}
