import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDiskFull } from "../../system/diskFull.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { CellContext } from "../cellContext.ts";
import { claimFolder, emptyFolder, remove, reportLeftover } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/**
 * Creates the directories of the order, empties HOME and TMPDIR, and disables the analytics question of aliBuild. So no
 * order sees files that an earlier one left in HOME.
 */
export async function prepare({ order, emit }: CellContext): Promise<void> {
  await emit({ event: "step", step: "prepare" });
  const { cell, paths } = order;
  const { area, tools, home, tmp } = paths;
  try {
    for (const path of [area, ...(cell === "base" ? [tools] : []), home, tmp]) claimFolder(path);
    for (const path of [home, tmp]) reportLeftover(await emptyFolder(path));
    for (const path of [".config", ".config/alibuild"]) claimFolder(join(home, path));
    const answer = join(home, ".config/alibuild/disable-analytics");
    reportLeftover(await remove(answer));
    await writeFile(answer, "", { flag: "wx" });
  } catch (error) {
    const reason = messageOf(error);
    await refuseFullDisk(order, isDiskFull(error));
    throw new InfrastructureFailure(
      "SelfTestFailed",
      `The cell cannot prepare its work area: ${reason}; allow its user to write there`,
    );
  }
}
