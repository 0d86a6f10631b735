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
 * Creates the repository of a source anew in its work tree: configuration, HEAD, references and borrowed objects. Like a
 * clone of its branch, the repository has the tags, `origin/<branch>` and `origin/HEAD`. Nothing of an earlier `.git`
 * stays, because a build may have written any byte of it. The files of the work tree stay.
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
  await mkdir(join(gitDirectory, "refs/remotes/origin"), { recursive: true });
  const borrowed = await borrow(
    context,
    source.mirror,
    order.pullRequest === undefined ? [] : [order.pullRequest.mirror],
  );
  const branch = branchOf(order, source);
  const tracking = `refs/remotes/origin/${branch}`;
  const files = {
    ...borrowed,
    HEAD: `ref: refs/heads/${branch}\n`,
    config: configOf(order, source),
    "packed-refs": `${source.commit} ${tracking}\n${borrowed["packed-refs"] ?? ""}`,
    ...(/^HEAD(\/|$)/i.test(branch) ? {} : { "refs/remotes/origin/HEAD": `ref: ${tracking}\n` }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(gitDirectory, name), text, { flag: "wx" });
  return { source, tree, gitDirectory };
}

/** The configuration of a clone. `origin` is the public address: a build finds the mirror through its objects alone. */
function configOf(order: Order, source: Source): string {
  const branch = branchOf(order, source);
  const url = `${order.gitUrl.replace(/\/+$/, "")}/${source.repository}`;
  return [
    ...["[core]", "\trepositoryformatversion = 0", "\tbare = false", "\tlogallrefupdates = false"],
    ...['[remote "origin"]', `\turl = ${quote(url)}`, "\tfetch = +refs/heads/*:refs/remotes/origin/*"],
    ...[`[branch ${quote(branch)}]`, "\tremote = origin", `\tmerge = ${quote(`refs/heads/${branch}`)}`, ""],
  ].join("\n");
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
