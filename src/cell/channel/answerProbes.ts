import { createServer } from "node:net";

/**
 * Answers liveness probes on an abstract socket, also while an order runs. Resolves when it listens. No build can
 * replace an abstract socket: its name belongs to this process, even when a signal has stopped the process.
 */
export function answerProbes(name: string, onError: (error: Error) => void): Promise<void> {
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.end("alive\n");
  });
  return new Promise((resolve) => {
    server.on("error", onError);
    server.listen({ path: `\0${name}` }, () => resolve());
  });
}
