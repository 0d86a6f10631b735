import type { Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import { formatDuration, type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Cells } from "./cells.ts";

/** Time for steps without a limit of their own: reading logs, and deleting trees after the build. */
const margin = milliseconds("30m");
/** Short commands of an order besides those of its sources: tool installation, self-test, merge, doctor. */
const commands = 10;
/** Short commands for each source: commit lookup, reset, clean, and once more for a tree that is recreated. */
const commandsOfSource = 4;

/** The longest time that an order may take, whatever its cell says. The cell enforces each of the limits itself. */
export function orderLimitOf({ task, check, sources }: Order): Milliseconds {
  const { build, command } = check.timeouts;
  const short = (commands + commandsOfSource * sources.length) * milliseconds(command);
  return short + (task === "selftest" ? 0 : milliseconds(build)) + margin;
}

/**
 * Cells whose orders end in time: build, warm-up, self-test and cleaning. A late order is stopped, and its cell counts
 * as dead. A build can stop its own cell, so the cell's own limits do not suffice.
 */
export function limitOrders(
  cells: Cells,
  { clock, log }: { readonly clock: Pick<Clock, "sleep" | "monotonic">; readonly log: Log },
): Cells {
  return {
    async run(order, on, signal) {
      const limit = orderLimitOf(order);
      const [late, over] = [new AbortController(), new AbortController()];
      void abortAfter(clock, limit, late, over.signal);
      try {
        return await cells.run(order, on, AbortSignal.any([signal, late.signal]));
      } catch (error) {
        if (signal.aborted || !late.signal.aborted) throw error;
        log.error(
          { order: order.id, task: order.task, limit },
          "an order exceeded its time limit; the builder stopped it",
        );
        return lateOutcome(order, limit);
      } finally {
        over.abort();
      }
    },
  };
}

/** Aborts `late` after `ms` milliseconds of the monotonic clock, unless `over` aborts first. */
async function abortAfter(
  clock: Pick<Clock, "sleep" | "monotonic">,
  ms: Milliseconds,
  late: AbortController,
  over: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonic() + ms;
  while (!over.aborted && clock.monotonic() < deadline)
    await clock.sleep(deadline - clock.monotonic(), over).catch(() => {});
  if (!over.aborted) late.abort();
}

function lateOutcome({ task }: Order, limit: Milliseconds): Outcome {
  const message = `The cell did not end its order (${task}) within ${formatDuration(limit)}, so the builder stopped it`;
  return { kind: "Infrastructure", reason: "CellDied", message };
}
