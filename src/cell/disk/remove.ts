import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, opendirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../system/messageOf.ts";
import { closeFolder, entryOf, type Folder, openFolder, repairMode } from "./folder.ts";
import { type Bounds, type Remains, sweep } from "./sweep.ts";

/** An entry that could not be deleted. */
export interface Leftover {
  /** Its place now. Its own path is free, except if the system refused to rename it. */
  readonly path: string;
  readonly wasRenamed: boolean;
  /** One sentence for people. */
  readonly message: string;
}

/** Start of the names of entries that could not be deleted and lie aside. */
const asidePrefix = ".removed-";
/** Most milliseconds of one deletion. The rest lies aside, and the next cleanup continues with it. */
const defaultLimitMs = 30_000;

/**
 * Deletes a file or a tree, whatever foreign code left there: modes, names, depth, number. Never follows a link and
 * never leaves the file system. Run it as the owner of the tree. An entry that cannot be deleted, or not within the
 * limit (30 s by default), is renamed to `.removed-<random>` beside its path. Resolves with that leftover, undefined if
 * nothing is left. Never throws.
 */
export async function remove(path: string, bounds: Partial<Bounds> = {}): Promise<Leftover | undefined> {
  const bytes = Buffer.from(path);
  const remains = await removeEntry(bytes, { limitMs: defaultLimitMs, ...bounds });
  return remains === undefined ? undefined : setAside(path, remains);
}

/**
 * Deletes all entries of a directory as `remove` does, except those in `keep`, and gives its owner all rights on it. A
 * remaining entry is renamed to `.removed-<random>` inside the directory. Throws the error of the system if the directory
 * cannot be opened, such as ENOENT.
 */
export async function emptyFolder(directory: string, bounds: Partial<Bounds> = {}): Promise<Leftover | undefined> {
  const folder = openFolder(Buffer.from(directory));
  try {
    const prefix = asideName();
    const remains = await sweep(folder, prefix, { limitMs: defaultLimitMs, ...bounds });
    if (remains === undefined) return undefined;
    const isClear = renameRest(folder, prefix, bounds.keep);
    const path = isClear ? join(directory, `${prefix}-*`) : directory;
    return { path, wasRenamed: isClear, message: messageFor(directory, path, remains) };
  } finally {
    closeFolder(folder);
  }
}

/** Deletes the entries that earlier deletions left aside in a directory. Resolves with those still left. */
export async function removeAside(directory: string, bounds: Partial<Bounds> = {}): Promise<readonly Leftover[]> {
  const left: Leftover[] = [];
  for (const name of namesAside(directory)) {
    const path = join(directory, name);
    const remains = await removeEntry(Buffer.from(path), { limitMs: defaultLimitMs, ...bounds });
    if (remains !== undefined) left.push({ path, wasRenamed: true, message: messageFor(path, path, remains) });
  }
  return left;
}

/**
 * Creates a directory with its parents if it is missing, and gives its owner all rights on it. Deletes a file or a link
 * in its place. Throws the error of the system.
 */
export function claimFolder(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory() === false) unlinkSync(path);
  mkdirSync(path, { recursive: true });
  if (facts?.isDirectory() === true && (facts.mode & 0o700) !== 0o700) repairMode(Buffer.from(path));
}

/** Prints the leftover of a deletion to the standard error of the cell. */
export function reportLeftover(leftover: Leftover | undefined): void {
  if (leftover !== undefined) console.error(leftover.message);
}

/** Deletes a file or a tree as `remove` does, and leaves the rest in its place. Resolves with the rest. */
export async function removeEntry(path: Buffer, bounds: Bounds): Promise<Remains | undefined> {
  try {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return undefined;
    if (!facts.isDirectory()) return void unlinkSync(path);
    return (await removeTree(path, bounds)) ?? void rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : { failures: 1, reason: code ?? messageOf(error) };
  }
}

async function removeTree(path: Buffer, bounds: Bounds): Promise<Remains | undefined> {
  const folder = openFolder(path);
  try {
    return await sweep(folder, asideName(), bounds);
  } finally {
    closeFolder(folder);
  }
}

function setAside(path: string, remains: Remains): Leftover {
  const aside = join(path, "..", asideName());
  try {
    renameSync(path, aside);
    return { path: aside, wasRenamed: true, message: messageFor(path, aside, remains) };
  } catch {
    return { path, wasRenamed: false, message: messageFor(path, path, remains) };
  }
}

/** Renames the entries with foreign names. False if the system refuses it for one of them. */
function renameRest(folder: Folder, prefix: string, keep: ReadonlySet<string> = new Set()): boolean {
  const own = Buffer.from(asidePrefix);
  const directory = opendirSync(folder.path, { encoding: "buffer" as BufferEncoding });
  let isClear = true;
  try {
    for (let number = 0, entry = directory.readSync(); entry !== null; number += 1, entry = directory.readSync()) {
      const name = entry.name as unknown as Buffer;
      if (name.subarray(0, own.length).equals(own) || keep.has(name.toString())) continue;
      try {
        renameSync(entryOf(folder, name), entryOf(folder, Buffer.from(`${prefix}-r${number}`)));
      } catch {
        isClear = false;
      }
    }
  } finally {
    directory.closeSync();
  }
  return isClear;
}

/** Names of entries that lie aside; none for a missing directory or a link. */
function namesAside(directory: string): readonly string[] {
  const names: string[] = [];
  try {
    const folder = openFolder(Buffer.from(directory));
    try {
      const entries = opendirSync(folder.path);
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync())
        if (entry.name.startsWith(asidePrefix)) names.push(entry.name);
      entries.closeSync();
    } finally {
      closeFolder(folder);
    }
  } catch {
    return names;
  }
  return names;
}

function asideName(): string {
  return `${asidePrefix}${randomBytes(8).toString("hex")}`;
}

function messageFor(path: string, place: string, { failures, reason }: Remains): string {
  const count = failures > 1 ? ` and ${failures - 1} more failures` : "";
  const next = place === path ? "it stays there" : `it lies at ${place}, and the next cleanup tries again`;
  return `${path} was not deleted completely: ${reason}${count}; ${next}`;
}
