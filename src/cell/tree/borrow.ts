import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { gitOutput } from "./git.ts";

/** Files and tags of a repository, as text. */
export const longestList = 2 ** 28;

/**
 * Files, by their path in `.git`, that make a repository borrow the objects of mirrors and have the tags of the first. Nothing is fetched:
 * git refuses to fetch from a repository that belongs to another user, whatever `safe.directory` says, and the mirrors are the builder's.
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
