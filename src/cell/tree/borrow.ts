import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { gitOutput } from "./git.ts";

/** Maximum size of a list of files or tags of a repository, in bytes. */
export const longestList = 2 ** 28;

/**
 * The files of `.git`, by path, with which a repository borrows the objects of mirrors and the tags of the first
 * mirror. A fetch is impossible, because the mirrors belong to the builder's user. Git refuses to fetch from a
 * repository of another user, even with `safe.directory`.
 */
export async function borrow(
  context: CellContext,
  mirror: string,
  more: readonly string[] = [],
): Promise<Readonly<Record<string, string>>> {
  const tags = ["--git-dir", mirror, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"];
  const list = await gitOutput(context, context.order.paths.tmp, tags, { maxCapture: longestList });
  return {
    "objects/info/alternates": [...new Set([mirror, ...more])].map((path) => `${join(path, "objects")}\n`).join(""),
    "packed-refs": list === "" ? "" : `${list}\n`,
  };
}
