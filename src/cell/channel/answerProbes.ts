import { rmSync } from "node:fs";
import { createServer } from "node:net";

/**
 * Answers liveness probes on a socket, also while an order runs. Resolves when it listens. No build can replace an
 * abstract socket: its name belongs to this process, even when a signal has stopped the process. A path is for a folder
 * that no build can enter.
 */
export function answerProbes(socket: string, onError: (error: Error) => void): Promise<void> {
  const isPath = socket.startsWith("/");
  if (isPath) rmSync(socket, { force: true });
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.end("alive\n");
  });
  return new Promise((resolve) => {
    server.on("error", onError);
    server.listen({ path: isPath ? socket : `\0${socket}` }, () => resolve());
  });
}
