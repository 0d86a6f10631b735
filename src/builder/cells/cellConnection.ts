import { connect, type Socket } from "node:net";
import { CellGreeting } from "../../api/cell/event.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import type { Clock } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";

/** An open connection to a cell that waits for an order. */
export interface CellConnection {
  readonly socket: Socket;
  readonly greeting: CellGreeting;
}

/**
 * Milliseconds to wait for a greeting. Kubernetes waits at most five minutes before it restarts a failing container.
 */
const patience = 6 * 60_000;
const backoff = { firstMs: 50, maxMs: 5_000 };
const longestGreeting = 1_000;

/**
 * Connects to the cell and waits for its greeting. Retries for six minutes: the container may restart, or the cell may
 * still stop an earlier order. Resolves with the reason, a clause for a sentence, when no greeting comes. Rejects with
 * the reason of `signal`.
 */
export async function openCellConnection(
  path: string,
  clock: Pick<Clock, "sleep" | "monotonic">,
  signal: AbortSignal,
): Promise<CellConnection | string> {
  const deadline = clock.monotonic() + patience;
  for (let failures = 1; ; failures += 1) {
    const pause = backoffDelay(backoff, failures);
    signal.throwIfAborted();
    const connection = await connectOnce(path, clock, deadline - clock.monotonic(), signal);
    if (typeof connection !== "string" || clock.monotonic() + pause >= deadline) return connection;
    await clock.sleep(pause, signal).catch(() => signal.throwIfAborted());
  }
}

async function connectOnce(
  path: string,
  clock: Pick<Clock, "sleep">,
  limit: number,
  signal: AbortSignal,
): Promise<CellConnection | string> {
  const socket = connect({ path });
  const over = new AbortController();
  const timeUp = clock.sleep(limit, AbortSignal.any([signal, over.signal])).then(
    () => "it is busy with another order",
    () => "the builder no longer waits for it",
  );
  const greeted = await Promise.race([readGreeting(socket), timeUp]);
  over.abort();
  if (typeof greeted === "string") socket.destroy();
  signal.throwIfAborted();
  return typeof greeted === "string" ? greeted : { socket, greeting: greeted };
}

/** Reads the greeting and pauses the socket, so later data waits for the next listener. */
function readGreeting(socket: Socket): Promise<CellGreeting | string> {
  return new Promise((resolve) => {
    let text = "";
    const receive = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (!text.includes("\n") && text.length <= longestGreeting) return;
      socket.off("data", receive).pause();
      resolve(CellGreeting.safeParse(parseJson(text)).data ?? "its greeting is invalid");
    };
    socket.on("data", receive);
    socket.on("error", (error) => resolve(error.message));
    socket.once("close", () => resolve("it closed the connection before it took the order"));
  });
}
