import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parse } from "yaml";
import type { User } from "./installation.ts";

export interface Wire extends AsyncDisposable {
  /** A kubeconfig for requests over this connection. */
  readonly kubeconfig: string;
  /** Breaks every connection and accepts no new connection. */
  cut(): void;
  heal(): void;
}

/** A proxy to the API server with connections that a test can cut. */
export async function aWire({ kubeconfig }: User): Promise<Wire> {
  const config = parse(await readFile(kubeconfig, "utf8"));
  const [{ cluster }] = config.clusters;
  const { hostname, port } = new URL(cluster.server);
  const open = new Set<Socket>();
  let isCut = false;

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (isCut) near.destroy();
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = (server.address() as AddressInfo).port;
  const file = `${kubeconfig}-wire-${at}`;
  const wired = { ...config, clusters: [{ name: "test", cluster: { ...cluster, server: `https://127.0.0.1:${at}` } }] };
  await writeFile(file, JSON.stringify(wired), { mode: 0o600 });

  const breakAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    kubeconfig: file,
    cut() {
      isCut = true;
      breakAll();
    },
    heal() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
