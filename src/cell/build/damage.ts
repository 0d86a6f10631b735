import { join } from "node:path";
import type { Order } from "../../api/cell/order.ts";
import type { Ended } from "../../system/process/run.ts";
import { remove, reportLeftover } from "../disk/remove.ts";

/**
 * Deletes `sw/` of a work area in which aliBuild stumbled over a file of the work area itself, such as a folder that an
 * earlier build closed. The next attempt then builds everything anew, and gives a verdict.
 */
export async function removeDamaged({ cell, paths }: Order, { tail }: Pick<Ended, "tail">): Promise<void> {
  const { area } = paths;
  const isDamaged = tail.split("\n").some((line) => /\[Errno [0-9]+\]/.test(line) && line.includes(area));
  if (cell === "build" && isDamaged) reportLeftover(await remove(join(area, "sw")));
}
