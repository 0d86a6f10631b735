import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "../disk/plantedLinks.ts";
import { claimFolder, remove, reportLeftover } from "../disk/remove.ts";

const alternates = "objects/info/alternates";
/** The parts of a bare repository that are copied. Hooks and locks are left out. */
const copied = ["HEAD", "config", "packed-refs", "refs"];
/** The entries of a borrowing repository that fetched nothing. A fetch writes FETCH_HEAD and reads it never. */
const known: ReadonlySet<string> = new Set([...copied, "objects", "FETCH_HEAD"]);

/**
 * Gives the work area the repositories of dependencies, each with the references of the same repository in `shared` and
 * with its objects, read-only. aliBuild would otherwise clone every dependency for every pull request. A repository that
 * a build changed is made anew.
 */
export async function borrowMirrors(own: string, shared: string): Promise<void> {
  claimFolder(own);
  for (const name of await namesIn(shared)) {
    const [from, to] = [join(shared, name), join(own, name)];
    // aliBuild leaves a file `fetch-log.txt` here when a source could not be fetched.
    if (!isDirectory(from) || !isDirectory(join(from, "objects")) || isBorrowed(from, to)) continue;
    reportLeftover(await remove(to));
    mkdirSync(join(to, "objects/info"), { recursive: true });
    for (const part of partsOf(from)) await cp(join(from, part), join(to, part), { recursive: true });
    writeFileSync(join(to, alternates), borrowedObjects(from));
  }
}

function partsOf(repository: string): readonly string[] {
  const found = new Set(readdirSync(repository));
  return copied.filter((part) => found.has(part));
}

function borrowedObjects(from: string): string {
  return `${join(from, "objects")}\n`;
}

function isBorrowed(from: string, to: string): boolean {
  try {
    if (!isDirectory(to) || readdirSync(to).some((name) => !known.has(name))) return false;
    const objects = readdirSync(join(to, "objects")).filter((name) => name !== "info");
    if (objects.some((name) => name !== "pack" || readdirSync(join(to, "objects/pack")).length > 0)) return false;
    return (
      readText(join(to, alternates)) === borrowedObjects(from) &&
      copied.every((part) => isSame(join(from, part), join(to, part)))
    );
  } catch {
    return false;
  }
}

/** Whether two paths have the same content. True if both are missing. */
function isSame(from: string, to: string): boolean {
  const [wanted, found] = [from, to].map((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (wanted === undefined || found === undefined) return wanted === found;
  if (!wanted.isDirectory()) return readText(to) === readText(from);
  if (!found.isDirectory()) return false;
  const names = readdirSync(from);
  return readdirSync(to).length === names.length && names.every((name) => isSame(join(from, name), join(to, name)));
}

/** The text of a regular file. A build may leave a pipe or a device in its place. */
function readText(path: string): string | undefined {
  return lstatSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
