import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { namesIn } from "../disk/plantedLinks.ts";
import { remove, reportLeftover } from "../disk/remove.ts";

/** The file of an installed package with its hash. aliBuild compares this hash with the hash that the build needs. */
const hashFile = ".build-hash";

/** The installed versions of a package in the base. */
export function versionsIn(folder: string): readonly string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const isInstalled = (name: string) => lstatSync(join(folder, name, hashFile), { throwIfNoEntry: false })?.isFile();
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isInstalled(entry.name))
    .map(({ name }) => name);
}

/** Whether an earlier order linked this version, so that the work area did not build the version itself. */
export async function isLinked(path: string): Promise<boolean> {
  if (!(await namesIn(path)).includes(hashFile)) return false;
  return lstatSync(join(path, hashFile)).isSymbolicLink();
}

/**
 * Makes `to` a real folder with links to all entries of the installed version `from`. aliBuild trusts a folder that is a
 * link itself, whatever its hash.
 */
export async function linkVersion(from: string, to: string): Promise<void> {
  const names = readdirSync(from);
  if (isExact(from, to, names)) return;
  reportLeftover(await remove(to));
  mkdirSync(to);
  for (const name of names) symlinkSync(join(from, name), join(to, name));
}

/** Whether the folder already has exactly the wanted links. */
function isExact(from: string, to: string, names: readonly string[]): boolean {
  try {
    if (!lstatSync(to).isDirectory()) return false;
    const found = readdirSync(to);
    return found.length === names.length && names.every((name) => readlinkSync(join(to, name)) === join(from, name));
  } catch {
    return false;
  }
}

/** Repeats the link to a tarball, whose target names the hash. aliBuild finds the revision of a hash by such links. */
export async function linkTarball(own: string, shared: string, folder: string, version: string): Promise<void> {
  const target = targetOf(tarballOf(shared, folder, version));
  const to = tarballOf(own, folder, version);
  if (target === targetOf(to)) return;
  reportLeftover(await remove(to));
  if (target !== undefined) symlinkSync(target, to);
}

/** Removes a linked version and its link to a tarball. */
export async function unlink(own: string, folder: string, version: string): Promise<void> {
  reportLeftover(await remove(join(own, folder, version)));
  reportLeftover(await remove(tarballOf(own, folder, version)));
}

/** `folder` is the architecture and the package. */
function tarballOf(sw: string, folder: string, version: string): string {
  return join(sw, "TARS", folder, `${basename(folder)}-${version}.${dirname(folder)}.tar.gz`);
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
