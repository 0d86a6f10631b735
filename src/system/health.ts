import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Health {
  /** Where it listens. */
  readonly port: number;
  close(): Promise<void>;
}

/** Text to answer a scrape with; undefined while nothing is known. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string } | undefined>;

/**
 * What Kubernetes and Prometheus ask: `/livez` (the process answers), `/readyz`, and `/metrics`, computed at each scrape. `notReady` says why
 * it is not ready, undefined when it is.
 */
export function serveHealth(port: number, notReady: () => string | undefined, scrape: Scrape): Promise<Health> {
  async function answer(path: string | undefined, response: ServerResponse): Promise<void> {
    const say = (status: number, text: string, contentType = "text/plain; charset=utf-8") =>
      void response.writeHead(status, { "Content-Type": contentType }).end(text);
    if (path === "/livez") return say(200, "alive\n");
    if (path === "/readyz") {
      const why = notReady();
      return why === undefined ? say(200, "ready\n") : say(503, `${why}\n`);
    }
    if (path !== "/metrics") return say(404, "expected /livez, /readyz or /metrics\n");
    const found = await scrape();
    say(200, found?.text ?? "", found?.contentType);
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
