import type { CellName } from "../../api/cell/order.ts";
import type { Cells } from "./cells.ts";

/** Combines the two cells of a builder. Each order runs in the cell that the order names. */
export function createCells(cells: Readonly<Record<CellName, Cells>>): Cells {
  return { run: (order, on, signal) => cells[order.cell].run(order, on, signal) };
}
