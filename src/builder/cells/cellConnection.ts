import { connect, type Socket } from "node:net";
import { CellGreeting } from "../../api/cell/event.ts";
import type { Clock } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";

/** A connection to a cell that now waits for an order. */
export interface CellConnection {
  readonly socket: Socket;
  readonly greeting: CellGreeting;
}

/** A container that failed often is started again after five minutes, which is what Kubernetes waits at most. */
const patience = 6 * 60_000;
const longestPause = 5_000;
const longestGreeting = 1_000;

/**
 * Connects to the cell and waits until it greets: while its container starts again, and while it ends what an earlier builder had given it.
 * Resolves with the reason, the end of a sentence, when it did not greet in time; rejects with the signal's reason.
 */
export async function openCellConnection(
  path: string,
  clock: Pick<Clock, "sleep" | "monotonic">,
  signal: AbortSignal,
): Promise<CellConnection | string> {
  const deadline = clock.monotonic() + patience;
  for (let pause = 50; ; pause = Math.min(2 * pause, longestPause)) {
    signal.throwIfAborted();
    const connection = await ask(path, clock, deadline - clock.monotonic(), signal);
    if (typeof connection !== "string" || clock.monotonic() + pause >= deadline) return connection;
    await clock.sleep(pause, signal).catch(() => signal.throwIfAborted());
  }
}

async function ask(
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
  const greeted = await Promise.race([hearGreeting(socket), timeUp]);
  over.abort();
  if (typeof greeted === "string") socket.destroy();
  signal.throwIfAborted();
  return typeof greeted === "string" ? greeted : { socket, greeting: greeted };
}

/** The socket is paused afterwards, so that nothing is lost until somebody listens. */
function hearGreeting(socket: Socket): Promise<CellGreeting | string> {
  return new Promise((resolve) => {
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (!text.includes("\n") && text.length <= longestGreeting) return;
      socket.off("data", hear).pause();
      resolve(CellGreeting.safeParse(parseJson(text)).data ?? "it does not speak like a cell");
    };
    socket.on("data", hear);
    socket.on("error", (error) => resolve(error.message));
    socket.once("close", () => resolve("it hung up before it took the order"));
  });
}
