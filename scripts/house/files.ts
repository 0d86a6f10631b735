import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** A text file of the repository. */
export interface SourceFile {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Folders that hold no source of ours. */
const skipped = new Set(["node_modules", ".git", "dist", ".work", "coverage"]);

/** Files below `folders` with a name that `isWanted` accepts, in the order of their paths. A path of a file counts as itself. */
export function readFiles(
  root: string,
  folders: readonly string[],
  isWanted: (name: string) => boolean,
): readonly SourceFile[] {
  const paths = folders.flatMap((path) => (statSync(join(root, path)).isFile() ? [path] : pathsBelow(root, path)));
  return paths
    .filter((path) => isWanted(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** TypeScript files, with or without JSX. */
export function isTypeScript(name: string): boolean {
  return /\.tsx?$/.test(name);
}

function pathsBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pathsBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}
