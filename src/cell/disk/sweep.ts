import { type Dirent, lstatSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { messageOf } from "../../system/messageOf.ts";
import { closeFolder, entriesOf, entryOf, type Folder, openFolder, repairMode } from "./folder.ts";

/** The limits of a deletion. */
export interface Bounds {
  /** Most milliseconds. */
  readonly limitMs: number;
  /** Stops the deletion. */
  readonly signal?: AbortSignal | undefined;
  /** Names at the top that stay. */
  readonly keep?: ReadonlySet<string>;
}

/** The entries that a sweep could not delete. */
export interface Remains {
  /** Number of failures; 0 if the time ran out first. */
  readonly failures: number;
  /** The first failure, as a clause. */
  readonly reason: string;
}

/** A directory whose entries are being deleted. */
interface Frame {
  readonly folder: Folder;
  /** Its name in the frame below. The first frame has none. */
  readonly name?: Buffer;
  /** Subdirectories to delete in their place. */
  readonly kept: Buffer[];
  failures: number;
  removed: number;
}

/** Milliseconds of file operations before other work of the process gets a turn. */
const sliceMs = 20;
/** Subdirectories move to the top below this level. Each level holds an open descriptor, and a move costs time. */
const levelsInPlace = 50;
/** More subdirectories of one directory than this number move to the top. Their names would need much memory. */
const namesInPlace = 1_000;
/** Most levels of subdirectories that cannot move. */
const mostLevels = 200;

/**
 * Deletes all entries of an open directory. Moves deep subdirectories to the top, under names that start with `prefix`,
 * and deletes their entries there. Depth, length of paths and names in other encodings therefore do not matter, and
 * memory is small. Never follows a link, never enters another file system. Resolves with the remains; undefined if
 * nothing is left.
 */
export async function sweep(top: Folder, prefix: string, bounds: Bounds): Promise<Remains | undefined> {
  const work = new Sweep(top, prefix, bounds);
  try {
    return await work.run();
  } finally {
    work.close();
  }
}

class OutOfTime extends Error {}

class Sweep {
  readonly #top: Frame;
  readonly #prefix: Buffer;
  readonly #bounds: Bounds;
  readonly #deadline: number;
  readonly #frames: Frame[];
  /** Numbers of the directories that were moved to the top and wait for their deletion. */
  readonly #moved: number[] = [];
  #moves = 0;
  #failures = 0;
  #reason = "";
  #sliceEnd = performance.now() + sliceMs;

  constructor(top: Folder, prefix: string, bounds: Bounds) {
    this.#top = { folder: top, kept: [], failures: 0, removed: 0 };
    this.#frames = [this.#top];
    this.#prefix = Buffer.from(prefix);
    this.#bounds = bounds;
    this.#deadline = performance.now() + bounds.limitMs;
  }

  async run(): Promise<Remains | undefined> {
    try {
      do {
        this.#top.removed = 0;
        await this.#scan(this.#top);
        while (await this.#step());
      } while (this.#top.removed > 0 && this.#failures === 0);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { failures: this.#failures, reason: error.message };
    }
    return this.#failures === 0 ? undefined : { failures: this.#failures, reason: this.#reason };
  }

  /** Closes the directories that a stopped sweep left open, except the top. */
  close(): void {
    for (const { folder } of this.#frames.slice(1)) closeFolder(folder);
  }

  /** Enters the next directory, or deletes the innermost one. False if nothing is left to do. */
  async #step(): Promise<boolean> {
    await this.#pause();
    const frame = this.#frames.at(-1) ?? this.#top;
    const moved = frame === this.#top ? this.#moved.pop() : undefined;
    const next = moved === undefined ? frame.kept.pop() : this.#nameOf(moved);
    if (next !== undefined) await this.#enter(frame, next);
    else if (frame === this.#top) return false;
    else await this.#leave(frame);
    return true;
  }

  async #enter(parent: Frame, name: Buffer): Promise<void> {
    const path = entryOf(parent.folder, name);
    if (this.#frames.length > mostLevels) return this.#fail(parent, name, new Error("too many levels"));
    // Deletes an empty directory at once, also one of another user. A mount point answers EBUSY.
    const error = this.#attempt(parent, () => rmdirSync(path));
    if (error === undefined) return;
    if (error.code === "EBUSY") return this.#fail(parent, name, new Error("it is a mount point"));
    let folder: Folder;
    try {
      folder = openFolder(path);
    } catch (reason) {
      return this.#fail(parent, name, reason);
    }
    const frame: Frame = { folder, name, kept: [], failures: 0, removed: 0 };
    this.#frames.push(frame);
    if (folder.device === this.#top.folder.device) return await this.#scan(frame);
    this.#fail(frame, name, new Error("it belongs to another file system"));
  }

  /** Deletes an emptied directory. Some file systems hide entries during a deletion, so they are read again. */
  async #leave(frame: Frame): Promise<void> {
    const parent = this.#frames.at(-2) ?? this.#top;
    const { name = Buffer.of() } = frame;
    const path = entryOf(parent.folder, name);
    const error = this.#attempt(parent, () => rmdirSync(path));
    if (error === undefined) return this.#pop();
    if (frame.failures === 0 && frame.removed > 0) {
      frame.removed = 0;
      return await this.#scan(frame);
    }
    if (frame.failures === 0) this.#fail(parent, name, error);
    parent.failures += 1;
    this.#pop();
  }

  #pop(): void {
    const frame = this.#frames.pop();
    if (frame !== undefined) closeFolder(frame.folder);
  }

  /** Deletes the files of a directory, and moves its subdirectories to the top. */
  async #scan(frame: Frame): Promise<void> {
    for (const entry of entriesOf(frame.folder)) {
      await this.#pause();
      if (frame !== this.#top || !this.#stays(entry.name)) this.#discard(frame, entry);
    }
  }

  #discard(frame: Frame, entry: Dirent<Buffer>): void {
    const { name } = entry;
    const path = entryOf(frame.folder, name);
    if (isDirectory(entry, path)) {
      if (this.#frames.length > levelsInPlace || frame.kept.length >= namesInPlace) this.#move(frame, name, path);
      else frame.kept.push(name);
      return;
    }
    const error = this.#attempt(frame, () => unlinkSync(path));
    if (error !== undefined) this.#fail(frame, name, error);
  }

  /** Moves a subdirectory to the top. Full disks and layered file systems refuse that; then it stays in its place. */
  #move(frame: Frame, name: Buffer, path: Buffer): void {
    const error = renameDirectory(path, entryOf(this.#top.folder, this.#nameOf(this.#moves)));
    if (error === undefined) {
      this.#moved.push(this.#moves);
      this.#moves += 1;
      frame.removed += 1;
    } else if (error.code === "EBUSY") this.#fail(frame, name, error);
    else if (error.code !== "ENOENT") frame.kept.push(name);
  }

  /** Runs a deletion, and returns the error of the system. An entry that is already gone counts as deleted. */
  #attempt(frame: Frame, action: () => void): NodeJS.ErrnoException | undefined {
    try {
      action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return error as NodeJS.ErrnoException;
    }
    frame.removed += 1;
    return undefined;
  }

  #fail(frame: Frame, name: Buffer, error: unknown): void {
    frame.failures += 1;
    this.#failures += 1;
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    this.#reason ||= `${code} for ${JSON.stringify(name.toString().slice(0, 100))}`;
  }

  /** Throws OutOfTime at the limit. Lets other work of this process run from time to time. */
  async #pause(): Promise<void> {
    const now = performance.now();
    if (now < this.#sliceEnd) return;
    if (this.#bounds.signal?.aborted === true) throw new OutOfTime("the deletion was stopped");
    if (now > this.#deadline)
      throw new OutOfTime(`the deletion took longer than ${Math.round(this.#bounds.limitMs / 1000)} s`);
    await turn();
    this.#sliceEnd = performance.now() + sliceMs;
  }

  #nameOf(move: number): Buffer {
    return Buffer.from(`${this.#prefix}-${move}`);
  }

  /** Whether an entry of the top has a name to keep, or was moved there. */
  #stays(name: Buffer): boolean {
    return (
      name.subarray(0, this.#prefix.length).equals(this.#prefix) || this.#bounds.keep?.has(name.toString()) === true
    );
  }
}

function isDirectory(entry: Dirent<Buffer>, path: Buffer): boolean {
  if (entry.isDirectory()) return true;
  if (entry.isFile() || entry.isSymbolicLink()) return false;
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Renames a directory. Returns the error of the system, EBUSY for a mount point. A directory that gets another parent
 * must be writable.
 */
export function renameDirectory(from: Buffer, to: Buffer): NodeJS.ErrnoException | undefined {
  try {
    renameSync(from, to);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return error as NodeJS.ErrnoException;
  }
  try {
    repairMode(from);
    renameSync(from, to);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
