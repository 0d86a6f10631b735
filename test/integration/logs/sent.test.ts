import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpLogStore } from "../../../src/logs/stores/http.ts";

const token = "secret-token-of-the-builder";
const path = "o/r/1/abc/c#1/fullLog.txt";
let server: Server | undefined;

async function service(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const store = (putUrl: string, deadline?: number) =>
  createHttpLogStore({
    putUrl: `${putUrl}/`,
    url: "https://logs.example/",
    token: async () => `${token}\n`,
    ...(deadline !== undefined && { deadline }),
  });

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(1 << 20, n);
}

async function failure(promise: Promise<void>): Promise<string> {
  return await promise.then(
    () => "the upload succeeded",
    (error: Error) => error.message,
  );
}

describe("logs sent to the log service", () => {
  it("arrive unchanged, without a declared length, with the token of the builder", async () => {
    const seen: { request?: IncomingMessage; bytes: number } = { bytes: 0 };
    const address = await service((request, response) => {
      seen.request = request;
      request.on("data", (chunk: Buffer) => {
        seen.bytes += chunk.length;
      });
      request.on("end", () => response.writeHead(201).end());
    });
    await store(address).put(path, megabytes(64), "text/plain");
    expect(seen.bytes).toBe(64 << 20);
    expect(seen.request).toMatchObject({ method: "PUT", url: "/o/r/1/abc/c%231/fullLog.txt" });
    expect(seen.request?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      "content-type": "text/plain",
      "transfer-encoding": "chunked",
    });
  });

  it("have a URL below the public base URL", () => {
    expect(store("http://inside").url(path)).toBe("https://logs.example/o/r/1/abc/c%231/fullLog.txt");
  });

  it("fail with status, URL and message of the service, but without the token", async () => {
    const address = await service((request, response) => {
      request.resume();
      response.writeHead(403).end(`${request.headers.authorization} may not write here\nsecond line\n`);
    });
    const message = await failure(store(address).put(path, megabytes(8), "text/plain"));
    expect(message).toBe(
      `The log service answered 403 to ${address}/o/r/1/abc/c%231/fullLog.txt: Bearer … may not write here`,
    );
  });

  it("do not send the token to another address", async () => {
    const visited: (string | undefined)[] = [];
    const address = await service((request, response) => {
      visited.push(request.url);
      request.resume();
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect(await failure(store(address).put("a/b", Buffer.from("x"), "text/plain"))).toContain("answered 307");
    expect(visited).toEqual(["/a/b"]);
  });

  it("fail with the reason if the connection is refused", async () => {
    const address = await service(() => {});
    await new Promise((resolve) => server?.close(resolve));
    expect(await failure(store(address).put("a/b", Buffer.from("x"), "text/plain"))).toBe(
      `The log service cannot be reached at ${address}/a/b (ECONNREFUSED)`,
    );
  });

  it("fail if the connection breaks", async () => {
    const address = await service((request) => request.once("data", () => request.destroy()));
    expect(await failure(store(address).put("a/b", megabytes(64), "text/plain"))).toContain("cannot be reached at");
  });

  it("fail if the service does not answer in time", async () => {
    const address = await service((request) => request.resume());
    expect(await failure(store(address, 1000).put("a/b", Buffer.from("x"), "text/plain"))).toBe(
      `The log service did not answer PUT ${address}/a/b within 1s`,
    );
  });

  it("fail with the original error if the source cannot be read", async () => {
    const address = await service((request) => request.resume());
    async function* unreadable(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("the disk is gone");
    }
    expect(await failure(store(address).put("a/b", unreadable(), "text/plain"))).toBe("the disk is gone");
  });

  it("fail with an invalid path", async () => {
    expect(await failure(store("http://127.0.0.1:1").put("../x", Buffer.from("x"), "text/plain"))).toContain('"../x"');
  });
});
