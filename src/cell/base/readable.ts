import { statSync } from "node:fs";
import { join } from "node:path";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { namesIn } from "../disk/plantedLinks.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/**
 * Lets other users read the packages that were installed in the base work area since `since`, milliseconds since 1970.
 * Some packages install files that only their owner reads, and builds of pull requests run as another user.
 */
export async function openPackages(context: CellContext, since: number): Promise<void> {
  const sw = join(context.order.paths.area, "sw");
  const fresh: string[] = [];
  for (const architecture of (await namesIn(sw)).filter((name) => name.includes("_"))) {
    for (const name of await namesIn(join(sw, architecture))) {
      for (const version of await namesIn(join(sw, architecture, name))) {
        const path = join(sw, architecture, name, version);
        const facts = statSync(join(path, ".build-hash"), { throwIfNoEntry: false });
        if (facts !== undefined && facts.ctimeMs >= since) fresh.push(path);
      }
    }
  }
  if (fresh.length === 0) return;
  const ended = await runShort(context, "chmod", ["-R", "a+rX", "--", ...fresh]);
  if (ended.exitCode === 0) return;
  const reason = `chmod ${endingOf(ended)}: ${lastLineOf(ended)}`;
  throw new InfrastructureFailure("SelfTestFailed", `Installed packages cannot be opened for builds: ${reason}`);
}
