import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createLogServer } from "../logs/service/serve.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Pages {
  /** Base address of logs and result pages, without a slash at the end. */
  readonly url: string;
  /** A sentence when the wanted port was taken. */
  readonly warning?: string;
  close(): Promise<void>;
}

/** Text to answer a scrape with. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string }>;

/** Serves logs and result pages to browsers, and `/metrics` to Prometheus; on another port when the wanted one is taken. */
export async function servePages(directory: string, { host, port }: Address, scrape: Scrape): Promise<Pages> {
  const app = new Hono()
    .get("/metrics", async (c) => {
      const { contentType, text } = await scrape();
      return c.body(text, 200, { "Content-Type": contentType });
    })
    .route("/", createLogServer(directory));
  const taken = `port ${port} is taken: links posted from now on lead to another one; name a free one with --listen`;
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
