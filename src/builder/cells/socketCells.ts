import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { type CellConnection, openCellConnection } from "./cellConnection.ts";
import type { Cells } from "./cells.ts";
import { createEventLines } from "./eventLines.ts";

export interface SocketCellsOptions {
  /** Absolute path of the cell's socket. */
  readonly socket: string;
  /** Name of the pod, for error messages. */
  readonly pod: string;
  /** Version of the builder. The cell must have the same version. */
  readonly version: string;
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly log: Log;
}

/** Milliseconds until a stopped or finished cell must have closed its connection. */
const longestEnd = 120_000;

/**
 * The cell in its own container, behind a socket. The cell closes the connection when no process of the order is alive.
 * Its death closes the connection too, and kills its whole PID namespace. The builder waits for a restarting cell.
 *
 * One case differs from the contract of Cells: a build can stop its cell with a signal, so the connection stays open.
 * Then the promise settles while processes may be alive, and the cell counts as dead, also after an outcome. The next
 * order waits for a new connection. The liveness probe of the container has the stopped cell replaced.
 */
export function createSocketCells(options: SocketCellsOptions): Cells {
  const { socket: path, version, clock, pod } = options;
  return {
    async run(order, on, signal) {
      const connection = await openCellConnection(path, clock, signal);
      if (typeof connection === "string")
        return cellDied(`The cell does not take orders at ${path}: ${connection}; see \`kubectl describe pod ${pod}\``);
      try {
        const { greeting } = connection;
        if (greeting.cell === version) return await runOrder(options, connection, order, on, signal);
        return cellDied(
          `The cell has version ${greeting.cell} and the builder ${version}: the image changed in the running pod; delete pod ${pod}`,
        );
      } finally {
        connection.socket.destroy();
      }
    },
  };
}

async function runOrder(
  { clock, log, pod }: SocketCellsOptions,
  { socket, greeting }: CellConnection,
  order: Order,
  on: (event: CellEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const over = new AbortController();
  const gaveUp = Promise.withResolvers<"lost">();
  const closed = new Promise<"closed">((resolve) => socket.once("close", () => resolve("closed")));
  let outcome: Outcome | undefined;
  const expectEnd = () => {
    clock.sleep(longestEnd, over.signal).then(
      () => {
        log.error(
          { order: order.id },
          "the cell did not end its order in time; its processes may run until its container is replaced",
        );
        gaveUp.resolve("lost");
      },
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
    const end = await Promise.race([closed, gaveUp.promise]);
    const garbage = lines.invalidLines();
    if (garbage > 0) log.warn({ order: order.id, garbage }, "dropped lines of a cell that are not valid events");
    signal.throwIfAborted();
    if (end === "lost") return cellDied(lostMessageOf(pod));
    return outcome ?? cellDied(exitMessageOf(pod, greeting.memory));
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Message for a cell that died. Only Kubernetes knows why its container ended. With a memory limit, memory is the
 * likely cause.
 */
function exitMessageOf(pod: string, memory: string | undefined): string {
  const guess = memory === undefined ? "" : `, most likely because memory ran out (limit ${memory})`;
  return `The cell's container ended before it gave an outcome${guess}; see Last State and Events in \`kubectl describe pod ${pod}\``;
}

function lostMessageOf(pod: string): string {
  return `The cell did not end its order, because a process stopped it or cannot be killed; its container must be replaced, see \`kubectl describe pod ${pod}\``;
}

function cellDied(message: string): Outcome {
  return { kind: "Infrastructure", reason: "CellDied", message: message.slice(0, 1024) };
}
