import { mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { doctorVectorOf } from "../../core/definitions/alibuild.ts";
import type { CellContext } from "../cellContext.ts";
import type { Tool } from "./tool.ts";

/** The file in the base work area that names the recipes, tool and arguments that doctor accepted. */
const record = "sw/.doctor";

/**
 * Whether doctor accepted the same recipes with the same tool on the base already. Doctor reads nothing else, so a pull
 * request that changes neither needs no second run. Only the base cell writes the record.
 */
export async function isAccepted(context: CellContext, tool: Tool): Promise<boolean> {
  const { check, paths, cell } = context.order;
  if (cell !== "build" || paths.base === undefined || check.testsTool || check.checkout === "alidist") return false;
  const found = await readFile(join(paths.base, record), "utf8").catch(() => "");
  return found !== "" && found === (await subjectOf(context, tool));
}

/** Records on the base whether doctor accepted it. */
export async function recordAcceptance(context: CellContext, tool: Tool, accepted: boolean): Promise<void> {
  const { cell, paths } = context.order;
  if (cell !== "base") return;
  const path = join(paths.area, record);
  if (!accepted) return await rm(path, { force: true });
  await mkdir(join(paths.area, "sw"), { recursive: true });
  await writeFile(path, await subjectOf(context, tool));
}

async function subjectOf({ order }: CellContext, tool: Tool): Promise<string> {
  const recipes = order.sources.find(({ directory }) => directory === "alidist")?.commit;
  return JSON.stringify({ recipes, tool: await realpath(tool.directory), arguments: doctorVectorOf(order.check) });
}
