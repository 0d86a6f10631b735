import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

export interface Health {
  /** Where it listens. */
  readonly port: number;
  close(): Promise<void>;
}

/** What Kubernetes and Prometheus ask: `/livez`, `/readyz`, `/metrics`. Metrics are computed at each scrape; none while nothing is known. */
export async function serveHealth(
  port: number,
  isReady: () => boolean,
  scrape: () => Promise<{ readonly contentType: string; readonly text: string } | undefined>,
): Promise<Health> {
  const routes = new Hono()
    .get("/livez", (c) => c.text("alive\n"))
    .get("/readyz", (c) => (isReady() ? c.text("ready\n") : c.text("the API server has not answered yet\n", 503)))
    .get("/metrics", async (c) => {
      const found = await scrape();
      return found === undefined ? c.text("") : c.body(found.text, 200, { "Content-Type": found.contentType });
    });
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serve({ fetch: routes.fetch, port }, () => resolve(started as Server));
    started.once("error", reject);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
