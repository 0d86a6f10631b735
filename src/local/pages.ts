import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createLogServer } from "../logs/service/serve.ts";

/** An address to listen on. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The running page server. */
export interface Pages {
  /** Base URL of logs and result pages, without a final slash. */
  readonly url: string;
  /** A sentence for people if the wanted port was in use. */
  readonly warning?: string;
  close(): Promise<void>;
}

/** Returns the metrics for Prometheus. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string }>;

/**
 * Serves the logs and result pages of all directories, and `/metrics`. Uses a free port, and sets `warning`, if the wanted
 * port is in use.
 */
export async function servePages(
  directories: () => readonly string[],
  { host, port }: Address,
  scrape: Scrape,
): Promise<Pages> {
  const app = new Hono()
    .get("/metrics", async (c) => {
      const { contentType, text } = await scrape();
      return c.body(text, 200, { "Content-Type": contentType });
    })
    .route("/", createLogServer(directories));
  const taken = `port ${port} is in use, so new links on GitHub point to another port; choose a free port with --listen`;
  return await listen(app, host, port).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return { ...(await listen(app, host, 0)), warning: taken };
  });
}

function listen(app: Hono, hostname: string, port: number): Promise<Pages> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, ({ port: actual }) => {
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          if ("closeAllConnections" in server) server.closeAllConnections();
        });
      resolve({ url: `http://${host}:${actual}`, close });
    });
    server.once("error", reject);
  });
}
