import { hash } from "node:crypto";

/** Names of ali-bot's checks with `_`. Their directories keep their names, because people and scripts know them. */
const knownNames = [
  ...["build/O2/o2_slc9", "build/O2/fullCI_slc9", "build/O2/fullCI/alidist_slc9", "build/O2/alidist_bits-slc9-x86"],
];
const knownDirectories = new Set(knownNames.map((name) => formerDirectoryOf(name).toLowerCase()));

/**
 * The name of a check as the name of its log directory, its work area and its build tree (aliBuild `-z`). Has letters,
 * digits, `_` and `-`, and at most 255 bytes. Different names have different results, also in a file system that
 * ignores case. Names that differ only in case are one name: GitHub has one status for them.
 */
export function checkDirectoryOf(name: string): string {
  const plain = formerDirectoryOf(name);
  const isPlain = /^[A-Za-z0-9-]+(\/[A-Za-z0-9-]+)*$/.test(name) && !knownDirectories.has(plain.toLowerCase());
  return (isPlain || knownNames.includes(name)) && name.length <= mostReadable ? plain : markedNameOf(name);
}

const mostReadable = 200;

/** A text as a readable name with a hash. No plain name has `__` before a hash, so the two kinds never meet. */
export function markedNameOf(text: string): string {
  const readable = formerDirectoryOf(text).slice(0, mostReadable);
  return `${readable}__${hash("sha256", text, "hex").slice(0, 16)}`;
}

/** The directory of a check before version 0.2. Several names share one directory. */
export function formerDirectoryOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}
