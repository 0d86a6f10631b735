import { join } from "node:path";
import { type Change, canCauseStopAt } from "../../core/verdict/canCause.ts";
import type { CellContext } from "../cellContext.ts";
import { gitOutput } from "./git.ts";

/**
 * The part of the build that the pull request changes. Call it after the merge. Without a pull request, a check of
 * aliBuild changes nothing.
 */
export async function changeOf(context: CellContext): Promise<Change> {
  const { check, pullRequest } = context.order;
  if (check.testsTool) return pullRequest === undefined ? { kind: "recipes", files: [] } : { kind: "tool" };
  if (check.checkout !== "alidist") return { kind: "package", name: check.checkout };
  const files = await recipeDiff(context, ["--name-only", "-z"]);
  if (files === undefined) return { kind: "tool" };
  return { kind: "recipes", files: files.split("\0").filter((file) => file !== "") };
}

/**
 * Whether a change can be the reason that aliBuild cannot use the source of a package. The lines of a recipe with these
 * keys decide. A change of other lines leaves the source as it is.
 */
export async function canCauseSourceOf(
  context: CellContext,
  name: string,
  change: Change,
  keys: readonly string[],
): Promise<boolean> {
  if (change.kind !== "recipes") return change.kind === "tool";
  const recipe = `${name.toLowerCase()}.sh`;
  const others = change.files.filter((file) => file !== recipe);
  if (canCauseStopAt(name, { ...change, files: others })) return true;
  const lines = await recipeDiff(context, ["--patch", "--unified=0"], [recipe]);
  return new RegExp(`^[-+](?:${keys.join("|")})\\s*:`, "m").test(lines ?? "");
}

/**
 * The changes from the base of the recipes to the merge; undefined without recipes. Git reads no file of the work tree:
 * a `.gitmodules` there can make `git diff` fail.
 */
async function recipeDiff(
  context: CellContext,
  options: readonly string[],
  paths: readonly string[] = [],
): Promise<string | undefined> {
  const base = context.order.sources.find(({ directory }) => directory === "alidist")?.commit;
  if (base === undefined) return undefined;
  const gitDirectory = join(context.order.paths.area, "alidist/.git");
  const flags = ["--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=none", ...options];
  const args = [`--git-dir=${gitDirectory}`, "diff-tree", "-r", ...flags, base, "HEAD", "--", ...paths];
  return gitOutput(context, gitDirectory, args, { maxCapture: 2 ** 20 });
}

/** The commit that is checked out in the merge directory; empty without such a directory. */
export async function headOf(context: CellContext): Promise<string> {
  const { check, paths, sources } = context.order;
  if (!sources.some(({ directory }) => directory === check.checkout)) return "";
  return gitOutput(context, join(paths.area, check.checkout), ["rev-parse", "--verify", "HEAD"]);
}
