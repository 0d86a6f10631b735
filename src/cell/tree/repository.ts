import { lstatSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order, Source } from "../../api/cell/order.ts";
import type { CellContext } from "../cellContext.ts";
import { claimFolder, remove, reportLeftover } from "../disk/remove.ts";
import { borrow } from "./borrow.ts";

/** The repository of one source in the work area. */
export interface TreeRepository {
  readonly source: Source;
  /** Work tree. */
  readonly tree: string;
  /** The `.git` in the work tree. */
  readonly gitDirectory: string;
}

/**
 * Creates the repository of a source anew in its work tree: configuration, HEAD, references and borrowed objects. Nothing
 * of an earlier `.git` stays, because a build may have written any byte of it. The files of the work tree stay.
 */
export async function createRepository(context: CellContext, source: Source): Promise<TreeRepository> {
  const { order } = context;
  const tree = join(order.paths.area, source.directory);
  const gitDirectory = join(tree, ".git");
  if (lstatSync(tree, { throwIfNoEntry: false })?.isDirectory() !== true) reportLeftover(await remove(tree));
  claimFolder(tree);
  reportLeftover(await remove(gitDirectory));
  await mkdir(join(gitDirectory, "objects/info"), { recursive: true });
  await mkdir(join(gitDirectory, "refs/heads"), { recursive: true });
  const files = {
    HEAD: `ref: refs/heads/${branchOf(order, source)}\n`,
    config: `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = false\n[remote "origin"]\n\turl = ${quote(source.mirror)}\n`,
    ...(await borrow(context, source.mirror, order.pullRequest === undefined ? [] : [order.pullRequest.mirror])),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(gitDirectory, name), text, { flag: "wx" });
  return { source, tree, gitDirectory };
}

/**
 * The branch of a source. Recipes may use the name of alidist's branch in versions, so a detached commit does not
 * suffice.
 */
export function branchOf(order: Order, source: Source): string {
  return order.check.developmentPackages.find(({ directory }) => directory === source.directory)?.branch ?? "master";
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
