import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { type CellConnection, openCellConnection } from "./cellConnection.ts";
import type { Cells } from "./cells.ts";
import { createEventLines } from "./eventLines.ts";

export interface SocketCellsOptions {
  /** Absolute path of the socket on which the cell listens. */
  readonly socket: string;
  /** Name of the pod, for sentences that say where to look. */
  readonly pod: string;
  /** Of the builder; the cell must be of the same. */
  readonly version: string;
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly log: Log;
}

/** A cell that does not end its connection so long after it was stopped, or gave its outcome, is given up on. */
const longestEnd = 120_000;

/**
 * The cell as a container of its own, behind a socket. It closes a connection when nothing of the order is alive; so does its death, which
 * takes its whole PID namespace along. A cell that restarts is waited for. Only for a cell that neither ends nor closes (a build can halt
 * it) the promise settles while something may be alive: that is logged, and the next order waits for its connection.
 */
export function createSocketCells(options: SocketCellsOptions): Cells {
  const { socket: path, version, clock, pod } = options;
  return {
    async run(order, on, signal) {
      const connection = await openCellConnection(path, clock, signal);
      if (typeof connection === "string")
        return died(
          `The cell does not take orders at ${path}: ${connection}; \`kubectl describe pod ${pod}\` tells more`,
        );
      try {
        const { greeting } = connection;
        if (greeting.cell === version) return await carryOut(options, connection, order, on, signal);
        return died(
          `The cell is of version ${greeting.cell} and the builder of ${version}, so their image was changed in the running pod; delete pod ${pod}`,
        );
      } finally {
        connection.socket.destroy();
      }
    },
  };
}

async function carryOut(
  { clock, log, pod }: SocketCellsOptions,
  { socket, greeting }: CellConnection,
  order: Order,
  on: (event: CellEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const over = new AbortController();
  const gaveUp = Promise.withResolvers<void>();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let outcome: Outcome | undefined;
  const expectEnd = () => {
    clock.sleep(longestEnd, over.signal).then(
      () => gaveUp.resolve(log.error({ order: order.id }, "the cell does not end its order and is given up on")),
      () => {},
    );
  };
  const stop = () => {
    socket.end();
    expectEnd();
  };
  const lines = createEventLines((event) => {
    if (outcome !== undefined) return;
    if (event.event !== "outcome") return on(event);
    outcome = event.outcome;
    expectEnd();
  });
  socket.on("data", (chunk: Uint8Array) => lines.write(chunk));
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) stop();
    else socket.write(`${JSON.stringify(order)}\n`);
    socket.resume();
    await Promise.race([closed, gaveUp.promise]);
    const garbage = lines.garbage();
    if (garbage > 0) log.warn({ order: order.id, garbage }, "lines of a cell were no events");
    signal.throwIfAborted();
    return outcome ?? died(obituary(pod, greeting.memory));
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
  }
}

/** What became of a container is known to Kubernetes, not to its neighbour; where its memory has a limit a guess helps more than none. */
function obituary(pod: string, memory: string | undefined): string {
  const guess = memory === undefined ? "" : `, most likely because memory ran out (limit ${memory})`;
  return `The cell's container ended before it gave an outcome${guess}; \`kubectl describe pod ${pod}\` tells (Last State, Events)`;
}

function died(message: string): Outcome {
  return { kind: "Infrastructure", reason: "CellDied", message: message.slice(0, 1024) };
}
