import { join } from "node:path";
import { type CellContext, lastLineOf } from "../cellContext.ts";
import { git } from "./git.ts";

/**
 * Git's words if it cannot compare the files of the merge directory with their commit, for example because of an invalid
 * `.gitmodules`; undefined if it can. aliBuild compares them before it builds a package.
 */
export async function statusErrorOf(context: CellContext): Promise<string | undefined> {
  const { check, paths } = context.order;
  const tree = join(paths.area, check.checkout);
  const ended = await git(context, tree, ["status", "--porcelain"]);
  if (ended.exitCode === undefined || ended.exitCode === 0) return undefined;
  return lastLineOf(ended).replaceAll(`${tree}/`, "");
}
