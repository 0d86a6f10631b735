import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";
import type { TreeFile } from "./listing.ts";

/** Mode of a link in a tree object. */
const linkMode = "120000";
const chunkBytes = 2 ** 20;
const permissions = 0o7777;
/** Never follows a link, and never waits for the other end of a pipe. */
const carefully = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The facts of an entry, not of the target of a link. Undefined if no such entry can exist. */
export function factsOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

/** Whether an entry is a file of its own: a regular file of this user that no other name shares. */
export function isOwnFile(facts: Stats): boolean {
  return facts.isFile() && facts.nlink === 1 && facts.uid === process.geteuid?.();
}

/**
 * Whether an entry of the disk equals a file of a commit, by type and content. Reads the whole content: times, sizes and
 * any index can be forged. Gives an equal file the mode of a fresh checkout.
 */
export function equals(path: Buffer, file: TreeFile): boolean {
  const facts = factsOf(path);
  if (facts === undefined || facts.size !== file.size) return false;
  if (file.mode === linkMode) {
    if (!facts.isSymbolicLink() || facts.nlink !== 1) return false;
    const target = readlinkSync(path, { encoding: "buffer" });
    return hashOf(file.id, target.length).update(target).digest("hex") === file.id;
  }
  return isOwnFile(facts) && hasContent(path, file);
}

/** Whether two regular files have the same content. Gives the second one the permissions of the first one. */
export function isCopy(wanted: Buffer, path: Buffer): boolean {
  const facts = lstatSync(wanted);
  const there = factsOf(path);
  if (!facts.isFile() || there === undefined || !isOwnFile(there) || there.size !== facts.size) return false;
  const id = withFile(wanted, (descriptor) => contentHash(descriptor, facts.size, ""));
  return (
    id !== undefined &&
    withFile(path, (descriptor) => {
      if (contentHash(descriptor, facts.size, "") !== id) return false;
      setPermissions(descriptor, facts.mode & permissions);
      return true;
    }) === true
  );
}

function hasContent(path: Buffer, { id, mode, size }: TreeFile): boolean {
  const equal = withFile(path, (descriptor) => {
    if (contentHash(descriptor, size, id) !== id) return false;
    setPermissions(descriptor, (mode === "100755" ? 0o777 : 0o666) & ~process.umask());
    return true;
  });
  return equal === true;
}

function setPermissions(descriptor: number, wanted: number): void {
  if ((fstatSync(descriptor).mode & permissions) !== wanted) fchmodSync(descriptor, wanted);
}

/** Undefined if the file cannot be opened. */
function withFile<T>(path: Buffer, action: (descriptor: number) => T): T | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, carefully);
  } catch {
    return undefined;
  }
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const buffer = Buffer.allocUnsafe(chunkBytes);

/** The id that git gives to this content; undefined if the file does not have exactly `size` bytes. */
function contentHash(descriptor: number, size: number, like: string): string | undefined {
  const hash = hashOf(like, size);
  let total = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, 0, chunkBytes, null);
    if (count === 0) break;
    total += count;
    if (total > size) return undefined;
    hash.update(buffer.subarray(0, count));
  }
  return total === size ? hash.digest("hex") : undefined;
}

/** A hash as git computes it for a blob, of the kind of another id. */
function hashOf(like: string, size: number) {
  return createHash(like.length === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
}
