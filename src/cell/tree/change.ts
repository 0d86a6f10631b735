import { join } from "node:path";
import type { Change } from "../../core/verdict/canCause.ts";
import type { CellContext } from "../cellContext.ts";
import { gitOutput } from "./git.ts";

/** The part of the build that the pull request changes. Call it after the merge. */
export async function changeOf(context: CellContext): Promise<Change> {
  const { check, sources } = context.order;
  if (check.testsTool) return { kind: "tool" };
  if (check.checkout !== "alidist") return { kind: "package", name: check.checkout };
  const base = sources.find(({ directory }) => directory === "alidist")?.commit;
  if (base === undefined) return { kind: "tool" };
  const tree = join(context.order.paths.area, "alidist");
  const args = ["diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", base, "HEAD"];
  const files = await gitOutput(context, tree, args, { maxCapture: 2 ** 20 });
  return { kind: "recipes", files: files.split("\0").filter((file) => file !== "") };
}

/** The commit that is checked out in the merge directory; empty without such a directory. */
export async function headOf(context: CellContext): Promise<string> {
  const { check, paths, sources } = context.order;
  if (!sources.some(({ directory }) => directory === check.checkout)) return "";
  return gitOutput(context, join(paths.area, check.checkout), ["rev-parse", "--verify", "HEAD"]);
}
