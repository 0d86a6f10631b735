import {
  chmodSync,
  closeSync,
  constants,
  type Dir,
  type Dirent,
  existsSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
} from "node:fs";

/**
 * An open directory. Linux reaches its entries through its descriptor, so a replaced parent or a link cannot redirect
 * an operation, and the length of the path does not matter. Other systems use the path.
 */
export interface Folder {
  readonly descriptor: number;
  /** The prefix of its entries, without a slash at the end. */
  readonly path: Buffer;
  /** Device of its file system. */
  readonly device: number;
}

const hasDescriptors = process.platform === "linux" && existsSync("/proc/self/fd");
/** `O_PATH` of Linux. Such a descriptor needs no permission on the directory. Node has no name for it. */
const pathOnly = 0o10000000;
const ownerRights = 0o700;
const asDirectory = constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Rights of the owner that suffice to read a directory. */
export const readRights = 0o500;

/**
 * Opens a directory and gives its owner the rights on it, all of them by default. Never follows a link in the last part
 * of the path. Throws the error of the system, such as ENOTDIR for a file or a link.
 */
export function openFolder(path: Buffer, rights: number = ownerRights): Folder {
  const descriptor = openOrRepair(path);
  try {
    const { dev: device, mode } = fstatSync(descriptor);
    if ((mode & rights) !== rights) fchmodSync(descriptor, (mode & 0o7777) | rights);
    return { descriptor, device, path: hasDescriptors ? Buffer.from(`/proc/self/fd/${descriptor}`) : path };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Closes the directory. */
export function closeFolder({ descriptor }: Folder): void {
  closeSync(descriptor);
}

/** The path of an entry. The name may be any bytes. */
export function entryOf({ path }: Pick<Folder, "path">, name: Buffer): Buffer {
  return Buffer.concat([path, Buffer.from("/"), name]);
}

/** Reads a directory in small portions: foreign code may have left millions of names. */
export function* entriesOf({ path }: Pick<Folder, "path">): Generator<Dirent<Buffer>> {
  const directory = opendirSync(path, { encoding: "buffer" as BufferEncoding, bufferSize: 256 }) as Dir;
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
      yield entry as unknown as Dirent<Buffer>;
  } finally {
    directory.closeSync();
  }
}

/** Gives the owner of a directory all rights on it. Throws the error of the system, also for a link. */
export function repairMode(path: Buffer): void {
  if (!hasDescriptors) {
    const facts = lstatSync(path);
    if (facts.isDirectory()) chmodSync(path, (facts.mode & 0o7777) | ownerRights);
    return;
  }
  const descriptor = openSync(path, pathOnly | asDirectory);
  try {
    chmodSync(`/proc/self/fd/${descriptor}`, (fstatSync(descriptor).mode & 0o7777) | ownerRights);
  } finally {
    closeSync(descriptor);
  }
}

function openOrRepair(path: Buffer): number {
  const flags = constants.O_RDONLY | asDirectory;
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    repairMode(path);
    return openSync(path, flags);
  }
}
