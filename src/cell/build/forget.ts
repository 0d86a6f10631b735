import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { remove, reportLeftover } from "../disk/remove.ts";

/**
 * Deletes aliBuild's marks of the builds of these packages. aliBuild then builds them again, and uses what their trees
 * already contain. Only the work area of a pull request has such builds: packages of the base are links.
 */
export async function forgetBuilds({ order }: CellContext, packages: readonly string[]): Promise<void> {
  const sw = join(order.paths.area, "sw");
  const { architecture } = order.check;
  for (const name of packages) {
    for (const hash of await namesIn(join(sw, "BUILD")))
      reportLeftover(await remove(join(sw, "BUILD", hash, name, ".build_succeeded")));
    for (const place of architecture === undefined ? await namesIn(sw) : [architecture])
      for (const version of await namesIn(join(sw, place, name)))
        if ((await namesIn(join(sw, place, name, version))).includes(".build-hash"))
          reportLeftover(await remove(join(sw, place, name, version, ".build-hash")));
  }
}
