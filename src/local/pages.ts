import { serve } from "@hono/node-server";
import { logServer } from "../logs/serve.ts";

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

/** Serves logs and result pages to browsers; on another port when the wanted one is taken. */
export async function servePages(directory: string, { host, port }: Address): Promise<Pages> {
  const taken = `port ${port} is taken: links posted from now on lead to another one; name a free one with --listen`;
  return await listen(directory, host, port).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return { ...(await listen(directory, host, 0)), warning: taken };
  });
}

function listen(directory: string, hostname: string, port: number): Promise<Pages> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: logServer(directory).fetch, hostname, port }, ({ port: actual }) => {
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
