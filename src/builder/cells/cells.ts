import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";

/** Runs the orders of one builder, one at a time. The cell is a separate process that shares only the work folder. */
export interface Cells {
  /**
   * Runs an order and returns its outcome. A cell that dies without an outcome gives Infrastructure. `on` gets every
   * event in order, except the outcome. When `signal` aborts, the cell stops and the promise rejects with the reason of
   * `signal`. In both cases no process of the order is alive when the promise settles,
   * except for processes that no signal ends. Every wait of an implementation is bounded once the order must stop.
   */
  run(order: Order, on: (event: CellEvent) => void, signal: AbortSignal): Promise<Outcome>;
}
