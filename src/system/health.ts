import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A running HTTP server for probes and metrics. */
export interface Health {
  /** The port of the server. */
  readonly port: number;
  close(): Promise<void>;
}

/** The response to a scrape; undefined while nothing is known. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string } | undefined>;

/**
 * Serves `/livez`, `/readyz` and `/metrics`. `notReady` returns the reason why the process is not ready; undefined if
 * it is ready. `scrape` computes the metrics for each request. Rejects if the port cannot be opened.
 */
export function serveHealth(port: number, notReady: () => string | undefined, scrape: Scrape): Promise<Health> {
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
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}
