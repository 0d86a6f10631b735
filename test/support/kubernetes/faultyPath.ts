import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Access } from "../../../src/store/kubernetes/access.ts";

/** A TCP proxy to an API server with faults controlled by the test. TLS and HTTP errors are therefore real. */
export interface FaultyPath extends AsyncDisposable {
  /** Access to the same server with the same rights through the proxy. */
  readonly access: Access;
  /** Number of connections so far, refused ones included. */
  connections(): number;
  /** Breaks every open connection. */
  cut(): void;
  /** While true, every new connection is broken at once. */
  refuse(is: boolean): void;
  /** While true, no data arrives in either direction, and connections stay open. */
  freeze(is: boolean): void;
  /** Delay of all data, in milliseconds. */
  delay(ms: number): void;
}

export async function faultyPath(access: Access): Promise<FaultyPath> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let [count, isRefusing, isFrozen, delayMs] = [0, false, false, 0];

  function forward(from: Socket, to: Socket): void {
    from.on("data", (chunk: Buffer) => {
      if (delayMs === 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), delayMs);
    });
    from.on("error", () => {});
    from.on("close", () => to.destroy());
  }

  const server = createServer((near) => {
    count += 1;
    if (isRefusing) return near.destroy();
    const far = connect(Number(access.server.port), access.server.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    forward(near, far);
    forward(far, near);
    if (isFrozen) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  function cut(): void {
    for (const [near] of pairs) near.destroy();
  }

  return {
    access: { ...access, server: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`) },
    connections: () => count,
    cut,
    refuse(is) {
      isRefusing = is;
    },
    freeze(is) {
      isFrozen = is;
      for (const socket of [...pairs].flat()) is ? socket.pause() : socket.resume();
    },
    delay(ms) {
      delayMs = ms;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
