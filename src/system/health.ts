import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { networkInterfaces } from "node:os";

/** A running HTTP server for probes and metrics. */
export interface Health {
  /** The port of the server. */
  readonly port: number;
  close(): Promise<void>;
}

/** The response to a scrape; undefined while nothing is known. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string } | undefined>;

/** Most open connections from this machine or pod. Probes come from elsewhere, `kubectl port-forward` from here. */
const mostLocal = 16;

/**
 * Serves `/livez`, `/readyz` and `/metrics`. `notReady` returns the reason why the process is not ready; undefined if
 * it is ready. `scrape` computes the metrics for each request. Listens on all addresses, or only on `host`. Rejects if
 * the port cannot be opened.
 */
export function serveHealth(
  port: number,
  notReady: () => string | undefined,
  scrape: Scrape,
  host?: string,
): Promise<Health> {
  async function answer(path: string | undefined, response: ServerResponse): Promise<void> {
    const respond = (status: number, text: string, contentType = "text/plain; charset=utf-8") =>
      void response.writeHead(status, { "Content-Type": contentType }).end(text);
    if (path === "/livez") return respond(200, "alive\n");
    if (path === "/readyz") {
      const reason = notReady();
      return reason === undefined ? respond(200, "ready\n") : respond(503, `${reason}\n`);
    }
    if (path !== "/metrics") return respond(404, "expected /livez, /readyz or /metrics\n");
    const found = await scrape();
    respond(200, found?.text ?? "", found?.contentType);
  }

  const server = createServer((request, response) => {
    answer(request.url?.split("?")[0], response).catch((error: unknown) => {
      response.writeHead(500).end(`${String(error)}\n`);
    });
  });
  limitLocalConnections(server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

/** The builds of a pod share the network of their builder. Without a limit they could take all its file descriptors. */
function limitLocalConnections(server: Server): void {
  let open = 0;
  server.on("connection", (socket) => {
    if (!isLocal(socket.remoteAddress ?? "")) return;
    open += 1;
    socket.once("close", () => (open -= 1));
    if (open > mostLocal) socket.destroy();
  });
}

function isLocal(remote: string): boolean {
  const address = remote.replace(/^::ffff:/, "");
  if (address === "" || address === "::1" || address.startsWith("127.")) return true;
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map((one) => one.address));
  return own.includes(address);
}
