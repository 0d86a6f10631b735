import { chmod, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Plugin } from "rolldown";
import { bundleHeader } from "../../src/agent/service/shell.ts";
import { bundledCode } from "../../src/local/cells/bundledCode.ts";

/** Name of the bundle for hosts outside the cluster. */
export const agentBundle = "builderpool-agent.mjs";

/** Source files of the programs in the bundle, by the names of their files on a host. */
const cells = { "cell.mjs": "src/cell/main.ts", "sweep.mjs": "src/cell/sweep.ts" };

/**
 * Bundles the agent and the programs of its cells into one file. The file is a program of Node, and a script of the
 * shell: as a script it looks for Node. Returns its size in bytes.
 */
export async function bundleAgent(root: string, folder: string): Promise<number> {
  const embedded: Record<string, string> = {};
  for (const [file, source] of Object.entries(cells)) embedded[file] = await bundledCode(resolve(root, source));
  const replace: Plugin = {
    name: "embed the programs of cells",
    load: (id) =>
      id.endsWith("/src/agent/service/embedded.ts")
        ? { code: `export const embedded = ${JSON.stringify(embedded)};`, moduleType: "js" }
        : null,
  };
  const code = `${bundleHeader}${await bundledCode(resolve(root, "src/cli/agent/main.ts"), [replace])}`;
  const path = join(folder, agentBundle);
  await writeFile(path, code);
  await chmod(path, 0o755);
  return Buffer.byteLength(code);
}
