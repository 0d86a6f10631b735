import { join } from "node:path";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { CellContext } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { claimFolder } from "../disk/remove.ts";
import { borrowMirrors } from "./mirrors.ts";
import { isLinked, linkTarball, linkVersion, unlink, versionsIn } from "./version.ts";

/**
 * Makes the packages of the base visible in the work area, except the checked package and the development packages. Links
 * that are not exactly those of the base are removed, and a version of the base replaces an own version of the same name.
 * Call this before any code of the order runs. Resolves with the number of linked versions.
 */
export async function linkBase({ order }: CellContext): Promise<number> {
  const { area, base } = order.paths;
  if (base === undefined) return 0;
  const [own, shared] = [join(area, "sw"), join(base, "sw")];
  const left = builtByItself(order.check);
  claimFolder(own);
  let linked = 0;
  for (const architecture of new Set([...(await architecturesIn(own)), ...(await architecturesIn(shared))])) {
    const names = [own, shared].map((sw) => namesIn(join(sw, architecture)));
    for (const name of new Set((await Promise.all(names)).flat()))
      linked += await linkPackage(own, left.has(name) ? undefined : shared, architecture, name);
  }
  await borrowMirrors(join(own, "MIRROR"), join(shared, "MIRROR"));
  return linked;
}

/** The packages that every pull request builds itself. */
function builtByItself(check: ResolvedCheck): ReadonlySet<string> {
  return new Set([check.package, ...check.developmentPackages.map(({ directory }) => directory)]);
}

/** Folders of installed packages, such as `slc9_x86-64`. The other folders of aliBuild have no `_` in their names. */
async function architecturesIn(sw: string): Promise<readonly string[]> {
  return (await namesIn(sw)).filter((name) => name.includes("_"));
}

/** Links all installed versions of a package. Removes links to versions that the base no longer has. */
async function linkPackage(
  own: string,
  shared: string | undefined,
  architecture: string,
  name: string,
): Promise<number> {
  const folder = join(architecture, name);
  const wanted = shared === undefined ? [] : versionsIn(join(shared, folder));
  for (const version of await namesIn(join(own, folder)))
    if (!wanted.includes(version) && (await isLinked(join(own, folder, version)))) await unlink(own, folder, version);
  if (shared === undefined || wanted.length === 0) return 0;
  for (const path of [architecture, folder, "TARS", join("TARS", architecture), join("TARS", folder)])
    claimFolder(join(own, path));
  for (const version of wanted) {
    await linkVersion(join(shared, folder, version), join(own, folder, version));
    await linkTarball(own, shared, folder, version);
  }
  return wanted.length;
}
