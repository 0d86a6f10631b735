import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createS3LogStore } from "../../../../src/logs/stores/s3.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-"));
  await writeFile(join(folder, "log"), Buffer.alloc(40 << 20));
});
afterAll(() => rm(folder, { recursive: true }));

/** A bucket that accepts a number of requests and answers 503 to all others. */
async function busyAfter(accepted: number) {
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const isBusy = requests > accepted;
    incoming.resume().on("end", () => {
      outgoing.writeHead(isBusy ? 503 : 200, { etag: '"1"' });
      outgoing.end(isBusy ? "<Code>SlowDown</Code>" : "<UploadId>7</UploadId>");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, [Symbol.dispose]: () => void server.close().closeAllConnections() };
}

describe("failed upload of a large log", () => {
  it.each([
    ["on every request", 0],
    ["from its first part on", 1],
    ["from its second part on", 2],
    ["from its third part on", 3],
  ])("closes the log file when the bucket fails %s", async (_, accepted) => {
    using bucket = await busyAfter(accepted);
    const s3 = { endpoint: bucket.endpoint, bucket: "alice-build-logs", region: "us-east-1", prefix: "" };
    const keys = async () => ({ accessKeyId: "id", secretAccessKey: "secret" });
    const file = createReadStream(join(folder, "log"));
    const put = createS3LogStore({ s3, keys }).put("o/r/1/abc/build_x_o2/fullLog.txt", file, "text/plain");
    await expect(put).rejects.toThrow("answered 503");
    expect(file.destroyed).toBe(true);
  });
});
