import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { missingEvidenceOf } from "../../core/verdict/evidence.ts";
import type { CellContext } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { remove, reportLeftover } from "../disk/remove.ts";
import type { Built } from "./build.ts";

/** Longest mark that is read. A mark is one to three hashes. */
const markBytes = 1024;

/**
 * The evidence that is missing, as a clause, if aliBuild succeeded without building the pull request. The builds of the
 * package are then removed, so that the next attempt builds them again.
 *
 * The marks lie in the work area, where the build itself can write. So this finds honest errors, and no forgery.
 */
export async function missingEvidence(
  { order }: CellContext,
  { said, change, mergedCommit }: Built,
): Promise<string | undefined> {
  const { area } = order.paths;
  const { package: name, architecture } = order.check;
  const merged = change.kind === "package" ? { name: change.name, commit: mergedCommit } : undefined;
  const builds = join(area, "sw/BUILD");
  const hashesOf = (one: string) => [...(said.hashesOf(one) ?? [])];
  const missing = missingEvidenceOf({
    package: name,
    ...(merged && { merged }),
    said,
    installed: await installedHashesOf(join(area, "sw"), architecture, name),
    succeeded:
      merged === undefined
        ? []
        : await marksOf(hashesOf(merged.name).map((hash) => join(builds, hash, merged.name, ".build_succeeded"))),
  });
  if (missing === undefined) return undefined;
  for (const one of [name, ...(merged ? [merged.name] : [])])
    for (const hash of hashesOf(one)) reportLeftover(await remove(join(builds, hash)));
  return missing;
}

/** The hashes of all installations of a package, for one architecture or for all. */
async function installedHashesOf(sw: string, architecture: string | undefined, name: string): Promise<string[]> {
  const places = architecture === undefined ? await namesIn(sw) : [architecture];
  const paths: string[] = [];
  for (const place of places) {
    const versions = await readdir(join(sw, place, name), { withFileTypes: true }).catch(() => []);
    for (const version of versions)
      if (version.isDirectory()) paths.push(join(sw, place, name, version.name, ".build-hash"));
  }
  return marksOf(paths);
}

/** The first line of each file that exists. A build may plant links and pipes under these names. */
async function marksOf(paths: readonly string[]): Promise<string[]> {
  const marks: string[] = [];
  for (const path of paths) {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
    if (file === undefined) continue;
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(markBytes), 0, markBytes, 0);
      marks.push(buffer.subarray(0, bytesRead).toString("latin1").trim());
    } catch {
      // A directory or a device is no mark.
    } finally {
      await file.close();
    }
  }
  return marks;
}
