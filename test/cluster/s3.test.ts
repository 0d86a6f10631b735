import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogStore } from "../../src/logs/logStore.ts";
import { readBucketKeys } from "../../src/logs/stores/bucketKeys.ts";
import { createS3LogStore } from "../../src/logs/stores/s3.ts";
import { accessKeyId, type S3Server, secretAccessKey, startS3Server } from "../support/cluster/programs/s3Server.ts";
import { anInstallation, greeting, hello } from "../support/up/installation.ts";

const path = "o/r/1/abc/build_x_o2/fullLog.txt";
const bucket = "alice-build-logs";
const prefix = "ci/logs";
let folder: string;
let server: S3Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-"));
  server = await startS3Server(folder, bucket);
}, 1_800_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function store(change: { readonly bucket?: string; readonly secret?: string } = {}): LogStore {
  return createS3LogStore({
    s3: { endpoint: `${server.endpoint}/`, bucket: change.bucket ?? bucket, region: "us-east-1", prefix },
    url: "https://ali-ci.example.org/alice-build-logs/",
    keys: async () => ({ accessKeyId, secretAccessKey: change.secret ?? secretAccessKey }),
  });
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(1 << 20, n);
}

const object = (name = path) => server.request("GET", `${bucket}/${prefix}/${name}`);
const failure = async (promise: Promise<void>) =>
  await promise.then(
    () => "it was taken",
    (error: Error) => error.message,
  );

describe("a bucket as log store", () => {
  it("stores bytes and their content type", async () => {
    await store().put(path, Buffer.from("a log"), "text/plain; charset=utf-8");
    const answer = await object();
    expect(await answer.text()).toBe("a log");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe("inline");
  });

  it("stores a log of unknown length that is larger than the memory buffer", async () => {
    await store().put(path, megabytes(37), "text/plain");
    const bytes = Buffer.from(await (await object()).arrayBuffer());
    expect(bytes.length).toBe(37 << 20);
    for (const n of [0, 7, 8, 16, 36]) expect([bytes[n << 20], bytes[((n + 1) << 20) - 1]]).toEqual([n, n]);
  });

  it.each([0, 8, 16])("stores a log that ends at the end of a part: %i MiB", async (count) => {
    await store().put(path, megabytes(count), "text/plain");
    expect((await (await object()).arrayBuffer()).byteLength).toBe(count << 20);
  });

  it("stores names with special characters of URLs", async () => {
    const name = "o/r+s/1/abc/build x#1?&=%/pretty.html";
    await store().put(name, Buffer.from("page"), "text/html");
    const encoded = name.split("/").map(encodeURIComponent).join("/");
    expect(await (await object(encoded)).text()).toBe("page");
    expect(store().url(name)).toBe(`https://ali-ci.example.org/alice-build-logs/${encoded}`);
  });

  it("keeps the old log, and no part of the new log, when reading its bytes fails", async () => {
    await store().put(path, Buffer.from("old"), "text/plain");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* megabytes(20);
      throw new Error("the disk is gone");
    }
    expect(await failure(store().put(path, broken(), "text/plain"))).toBe("the disk is gone");
    expect(await (await object()).text()).toBe("old");
    expect(await (await server.request("GET", `${bucket}?uploads=`)).text()).not.toContain("<UploadId>");
  });

  it("names status, address and the server's message in errors, and never the secret", async () => {
    const address = `${server.endpoint}/${bucket}/${prefix}/${path}`;
    const denied = await failure(store({ secret: "another-secret" }).put(path, Buffer.from("x"), "text/plain"));
    expect(denied).toMatch(new RegExp(`^The bucket answered 403 to ${address}: SignatureDoesNotMatch: `));
    expect(denied).not.toContain("another-secret");
    const missing = await failure(store({ bucket: "no-such-bucket" }).put(path, Buffer.from("x"), "text/plain"));
    expect(missing).toContain("answered 404");
    expect(missing).toContain("NoSuchBucket");
  });

  it("leaves the expiry of logs to the bucket's own rule", async () => {
    await store().put(path, Buffer.from("x"), "text/plain");
    expect(await store().expire(0)).toBe(0);
    expect(await (await object()).text()).toBe("x");
  });
});

describe("a pool with a bucket", () => {
  it("has its logs in the bucket, and links on GitHub lead to them", async () => {
    const machine = await anInstallation();
    try {
      const s3 = { endpoint: server.endpoint, bucket, prefix: "pools", secretRef: { name: "bucket" } };
      await machine.declare({ logs: { s3 } });
      const secret = join(machine.workDir, "secrets/bucket");
      await mkdir(secret, { recursive: true });
      await writeFile(join(secret, "accessKeyId"), accessKeyId);
      await writeFile(join(secret, "secretAccessKey"), secretAccessKey);
      const { commit } = await machine.propose("Say hello", greeting("Hello"));
      const ended = await machine.up("--until-idle").ended;
      expect(ended.exitCode, ended.stderr).toBe(0);

      const status = machine.github.state.statuses(hello, commit).find(({ state }) => state === "success");
      const page = `${bucket}/pools/${hello}/1/${commit}/build_hello_o2/pretty.html`;
      expect(status?.targetUrl).toBe(`${server.endpoint}/${page}`);
      expect(await (await server.request("GET", page)).text()).toContain("<!doctype html>");
      const log = await server.request("GET", page.replace("pretty.html", "fullLog.txt"));
      expect(await log.text()).toContain(`Built commit ${commit}`);
      expect(`${ended.stdout}${ended.stderr}`).not.toContain(secretAccessKey);
    } finally {
      await machine.close();
    }
  });
});

describe("the keys of a bucket", () => {
  it("are the files of its Secret, and a missing key is named", async () => {
    const secrets = await mkdtemp(join(folder, "secret-"));
    await writeFile(join(secrets, "accessKeyId"), "id\n");
    await expect(readBucketKeys(secrets)).rejects.toThrow(
      `The log bucket needs the file secretAccessKey in ${secrets}`,
    );
    await writeFile(join(secrets, "secretAccessKey"), "secret\n");
    expect(await readBucketKeys(secrets)).toEqual({ accessKeyId: "id", secretAccessKey: "secret" });
  });
});
