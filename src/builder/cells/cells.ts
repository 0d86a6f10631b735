import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";

/** The hands of one builder: runs one order at a time, in a process the builder shares nothing with but the work folder. */
export interface Cells {
  /**
   * Carries out an order and returns how it ended; a cell that dies without saying so ends as Infrastructure. `on` hears every event but
   * the outcome, in order. When `signal` aborts, the cell is stopped and the promise rejects with the signal's reason. Either way nothing
   * that the order started is alive when the promise settles.
   */
  run(order: Order, on: (event: CellEvent) => void, signal: AbortSignal): Promise<Outcome>;
}
