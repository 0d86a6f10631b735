import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCell } from "./startCell.ts";
import { createCellWorld, helloCheck, tools } from "./world.ts";

/** Installs the aliBuild of all tests, in the base cell: a build cell only finds it. */
export default async function setup(): Promise<void> {
  if (existsSync(join(tools, `alibuild-${helloCheck.tool.alibuild}`, "installed"))) return;
  const { root, order } = createCellWorld();
  const { outcome } = await runCell(order({ task: "selftest" }));
  rmSync(root, { recursive: true, force: true });
  if (outcome?.kind !== "Done") throw new Error(`aliBuild cannot be installed for tests: ${JSON.stringify(outcome)}`);
}
