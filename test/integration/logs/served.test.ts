import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogServer } from "../../../src/logs/service/serve.ts";
import { createDirectoryLogStore } from "../../../src/logs/stores/directory.ts";

const size = 64 * 1024 * 1024;
const path = "o/r/1/abc/c/fullLog.txt";
let directory: string;
let server: Server;
let address: string;

async function* megabytes(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < size; n += 1 << 20) yield Buffer.alloc(1 << 20, n >> 20);
}

/** Number of open file descriptors of this process below the log directory. */
async function openFiles(): Promise<number> {
  const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
  return (await Promise.all(links)).filter((link) => link.startsWith(directory)).length;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "served-"));
  const store = createDirectoryLogStore({ directory, url: "http://127.0.0.1" });
  await store.put(path, megabytes(), "text/plain");
  server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: createLogServer(directory).fetch, hostname: "127.0.0.1", port: 0 }, () => {
      resolve(started as Server);
    });
  });
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

describe("logs over HTTP", () => {
  it("arrive complete, and as a range from the end of a large log", async () => {
    const whole = await fetch(`${address}/${path}`);
    expect((await whole.arrayBuffer()).byteLength).toBe(size);
    const end = await fetch(`${address}/${path}`, { headers: { range: "bytes=-3" } });
    expect([...new Uint8Array(await end.arrayBuffer())]).toEqual([63, 63, 63]);
  });

  it("leave no file open after a disconnect, a HEAD request or a 304", async () => {
    for (let n = 0; n < 5; n += 1) {
      await new Promise<void>((resolve) => {
        const reader = request(`${address}/${path}`, (answer) => {
          answer.once("data", () => {
            reader.destroy();
            resolve();
          });
        });
        reader.on("error", () => resolve());
        reader.end();
      });
    }
    const head = await fetch(`${address}/${path}`, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(size));
    await fetch(`${address}/${path}`, { headers: { "if-none-match": head.headers.get("etag") ?? "" } });
    await expect.poll(openFiles, { timeout: 5000 }).toBe(0);
  });

  it("refuse paths that a browser would normalise", async () => {
    const status = await new Promise<number | undefined>((resolve) => {
      request(address, { path: "/o/../../../../etc/passwd" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    expect(status).toBe(404);
  });
});
