import { join } from "node:path";
import { doctorVectorOf, dryRunVectorOf } from "../../core/definitions/alibuild.ts";
import { ToolOutput } from "../../core/verdict/toolOutput.ts";
import { type CellContext, runShort } from "../cellContext.ts";
import { gitOutput } from "../tree/git.ts";
import type { Tool } from "./tool.ts";

/** Whether aliBuild refuses the base alone. Checks out the base of the recipes and of the merge directory. */
export async function isBaseRefused(context: CellContext, tool: Tool): Promise<boolean> {
  const { check } = context.order;
  if (!(await checkoutBase(context))) return false;
  for (const args of [doctorVectorOf(check), dryRunVectorOf(check)]) {
    const ended = await runShort(context, tool.program, args);
    await context.quiesce();
    if (ended.exitCode !== 0) return true;
  }
  return false;
}

/**
 * The packages of the base alone in the order of their builds. Checks out the base as `isBaseRefused` does. Empty if
 * aliBuild gives no order.
 */
export async function orderOfBase(context: CellContext, tool: Tool): Promise<readonly string[]> {
  if (!(await checkoutBase(context))) return [];
  const said = new ToolOutput();
  const onChunk = (chunk: Uint8Array) => said.write(chunk);
  await runShort(context, tool.program, dryRunVectorOf(context.order.check), { onChunk });
  await context.quiesce();
  return said.buildOrder();
}

/** False if the order has no recipes. */
async function checkoutBase(context: CellContext): Promise<boolean> {
  const { check, paths, sources } = context.order;
  const bases = sources.filter(({ directory }) => directory === "alidist" || directory === check.checkout);
  if (!bases.some(({ directory }) => directory === "alidist")) return false;
  for (const { directory, commit } of bases)
    await gitOutput(context, join(paths.area, directory), ["checkout", "--quiet", "--force", "--detach", commit]);
  return true;
}

/**
 * The recipes as people name them, such as `master of alisw/alidist at 0123456789`. With the name of a development
 * package, its repository.
 */
export function baseTitleOf({ order }: CellContext, name = "alidist"): string {
  const titleOf = (wanted: string) => {
    const base = order.sources.find(({ directory }) => directory === wanted);
    const source = order.check.developmentPackages.find(({ directory }) => directory === wanted);
    return base && `${source?.branch ?? "the default branch"} of ${base.repository} at ${base.commit.slice(0, 10)}`;
  };
  return titleOf(name) ?? titleOf("alidist") ?? "the recipes";
}
