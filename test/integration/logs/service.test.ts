import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpLogStore } from "../../../src/logs/stores/http.ts";
import { endLogService, type LogService, startLogService } from "../../support/logs/logService.ts";
import { type FoundBuild, type TokenReviews, tokenReviews } from "../../support/logs/tokenReviews.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const path = `o/r/1/${commit}/build_x_o2/fullLog.txt`;
const owners = {
  "token-of-o2-1": { username: "system:serviceaccount:ci:o2-builder", pod: "o2-1" },
  "token-without-pod": { username: "system:serviceaccount:ci:o2-builder" },
  "token-of-a-debug-pod": { username: "system:serviceaccount:ci:o2-builder", pod: "debug" },
  "token-of-another-namespace": { username: "system:serviceaccount:other:o2-builder", pod: "o2-1" },
  "token-of-the-operator": { username: "system:serviceaccount:ci:builderpool", pod: "builderpool-x" },
  "token-of-mac01": { username: "system:serviceaccount:ci:mac01.o2.host" },
  "token-of-a-strange-account": { username: "system:serviceaccount:ci:mac01.o2.host.more" },
  "token-of-a-host-elsewhere": { username: "system:serviceaccount:other:mac01.o2.host" },
  "token-for-the-api": { username: "system:serviceaccount:ci:o2-builder", pod: "o2-1", audience: "api" },
};
const claimedBy = (builder: string, check = "build/x/o2"): FoundBuild => ({
  spec: { pool: "o2", repository: "o/r", number: 1, check },
  status: { phase: "Running", claim: { builder, commit } },
});
const limit = { timeout: 90_000, interval: 50 };

let folder: string;
let reviews: TokenReviews;
let service: LogService | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-service-"));
  reviews = await tokenReviews(owners, [
    claimedBy("o2-1"),
    claimedBy("o2-1", "build/y/o2"),
    claimedBy("mac01", "build/z/o2"),
  ]);
});
afterEach(async () => {
  if (service !== undefined) await endLogService(service, "SIGKILL");
  service = undefined;
  await reviews[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function started(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  service = await startLogService(folder, reviews.address, settings);
  return service.address;
}

async function put(address: string, body: string | AsyncIterable<Uint8Array>, token = "token-of-o2-1", to = path) {
  const source = typeof body === "string" ? body : ReadableStream.from(body);
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${address}/${to}`, { method: "PUT", headers, body: source, duplex: "half" });
  return { status: answer.status, message: (await answer.text()).trim() };
}

const shown = async (address: string, from = path) => {
  const answer = await fetch(`${address}/${from}`);
  return answer.status === 200 ? await answer.text() : answer.status;
};

const metrics = async () => await (await fetch(`${service?.metricsAddress}/metrics`)).text();

const filesKept = async () =>
  (await readdir(join(folder, "logs"), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

async function* kilobytes(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(1024, "x");
}

/** Starts an upload and sends only the first half of the log. */
async function half(address: string): Promise<ClientRequest> {
  const sending = request(`${address}/${path}`, {
    method: "PUT",
    headers: { authorization: "Bearer token-of-o2-1" },
  });
  sending.on("error", () => {});
  sending.write("half of the new log, ");
  await expect.poll(filesKept, limit).toHaveLength(2);
  return sending;
}

describe("log service", () => {
  it("stores logs of builders and serves them to people", async () => {
    const address = await started();
    const store = createHttpLogStore({ putUrl: address, url: address, token: async () => "token-of-o2-1" });
    await store.put(path, kilobytes(20_000), "text/plain");
    await store.put(path.replace("fullLog.txt", "pretty.html"), Buffer.from("<p>page"), "text/html");
    expect(await shown(address)).toHaveLength(20_000 * 1024);
    const page = await fetch(store.url(path.replace("fullLog.txt", "pretty.html")));
    expect([page.headers.get("content-type"), await page.text()]).toEqual(["text/html; charset=utf-8", "<p>page"]);
    expect(reviews.reviewed).toBe(1);
  });

  it("answers 201 to a new log and 204 to a replaced log", async () => {
    const address = await started();
    expect((await put(address, "one")).status).toBe(201);
    expect((await put(address, "two")).status).toBe(204);
    expect(await shown(address)).toBe("two");
  });

  it("accepts logs only from builders of its namespace", async () => {
    const address = await started();
    const answers: [string, number, string][] = [
      ["", 401, "Only builders may write logs"],
      ["made-up", 401, "The token is invalid, expired, for another audience"],
      ["token-for-the-api", 401, "for another audience, or belongs to a deleted pod"],
      ["token-without-pod", 403, "not system:serviceaccount:ci:o2-builder"],
      ["token-of-a-debug-pod", 403, "not system:serviceaccount:ci:o2-builder"],
      ["token-of-another-namespace", 403, "not system:serviceaccount:other:o2-builder"],
      ["token-of-a-strange-account", 403, "not system:serviceaccount:ci:mac01.o2.host.more"],
      ["token-of-a-host-elsewhere", 403, "not system:serviceaccount:other:mac01.o2.host"],
      ["token-of-the-operator", 403, "not system:serviceaccount:ci:builderpool"],
    ];
    for (const [token, status, text] of answers) {
      expect(await put(address, "x", token), token).toEqual({ status, message: expect.stringContaining(text) });
    }
    expect(await filesKept()).toEqual([]);
  });

  it("accepts the logs of a host for its own builds, without a pod", async () => {
    const address = await started();
    expect((await put(address, "x", "token-of-mac01", path.replace("build_x", "build_z"))).status).toBe(201);
    expect(await put(address, "x", "token-of-mac01")).toMatchObject({
      status: 403,
      message: expect.stringContaining('the latest verdict of "mac01"'),
    });
  });

  it("refuses a path that is not a log path", async () => {
    const address = await started();
    const paths = [
      "index.html",
      "metrics",
      `o/r/1/${commit}/fullLog.txt`,
      `o/r/1/${commit}/build_x_o2/`,
      `o/r/1/${commit}/build_x_o2/.hidden`,
      `o/r/1/${commit}/build_x_o2/a/b`,
      `o/r/1/${commit}/build_x_o2/..%2f..%2fescaped`,
      `o/r/one/${commit}/build_x_o2/fullLog.txt`,
      "o/r/1/abc/build_x_o2/fullLog.txt",
    ];
    for (const to of paths) expect((await put(address, "x", "token-of-o2-1", to)).status, to).toBe(400);
    expect(await filesKept()).toEqual([]);
  });

  it("refuses a log that is too large, with or without a declared length", async () => {
    const address = await started({ BUILDERPOOL_LOGS_MAX_SIZE: "100Ki" });
    const text =
      "The log is larger than 102400 bytes; raise logs.maxSize of the chart, or lower spec.logs.maxSize of the pool";
    expect(await put(address, "x".repeat(102_401))).toEqual({ status: 413, message: text });
    expect(await put(address, kilobytes(101))).toEqual({ status: 413, message: text });
    expect(await filesKept()).toEqual([]);
    expect((await put(address, kilobytes(100))).status).toBe(201);
  });

  it("sends the reason to the sender of a far too large log before the end of the upload", async () => {
    const address = await started({ BUILDERPOOL_LOGS_MAX_SIZE: "100Ki" });
    const store = createHttpLogStore({ putUrl: address, url: address, token: async () => "token-of-o2-1" });
    await expect(store.put(path, kilobytes(100_000), "text/plain")).rejects.toThrow(/answered 413 .* larger than/);
  });

  it("enforces its quota, also after restarts, and does not count replaced logs", async () => {
    let address = await started({ BUILDERPOOL_LOGS_QUOTA: "100Ki" });
    const other = path.replace("build_x_o2", "build_y_o2");
    expect((await put(address, kilobytes(60))).status).toBe(201);
    expect((await put(address, kilobytes(40))).status).toBe(204);
    const full = await put(address, kilobytes(61), "token-of-o2-1", other);
    expect(full).toMatchObject({
      status: 507,
      message: expect.stringContaining("the quota of 102400 bytes is used up"),
    });
    expect(await metrics()).toContain(`builderpool_logs_stored_bytes ${40 * 1024}\n`);
    if (service !== undefined) expect(await endLogService(service, "SIGTERM")).toBe(0);
    address = await started({ BUILDERPOOL_LOGS_QUOTA: "100Ki" });
    expect((await put(address, kilobytes(61), "token-of-o2-1", other)).status).toBe(507);
    expect((await put(address, kilobytes(60), "token-of-o2-1", other)).status).toBe(201);
  });

  it("keeps only the old log when the sender dies during the upload", async () => {
    const address = await started();
    await put(address, "old");
    (await half(address)).destroy();
    await expect.poll(filesKept, limit).toEqual(["fullLog.txt"]);
    expect(await shown(address)).toBe("old");
    await expect.poll(metrics, limit).toContain("builderpool_logs_stored_bytes 3\n");
  });

  it("keeps only the old log when the service dies during the upload", async () => {
    let address = await started();
    await put(address, "old");
    await half(address);
    if (service !== undefined) await endLogService(service, "SIGKILL");
    address = await started();
    expect(await shown(address)).toBe("old");
    expect(await filesKept()).toEqual(["fullLog.txt"]);
  });

  it("finishes running uploads after SIGTERM", async () => {
    const address = await started();
    await put(address, "old");
    const sending = await half(address);
    const answered = new Promise<number | undefined>((resolve) => {
      sending.once("response", (answer) => resolve(answer.resume().statusCode));
    });
    if (service === undefined) throw new Error("the service is not running");
    const ended = endLogService(service, "SIGTERM");
    await expect.poll(() => service?.lines.some((line) => line.includes("log service stopping")), limit).toBe(true);
    sending.end("the other half");
    expect(await answered).toBe(204);
    expect(await ended).toBe(0);
    expect(await shown(await started())).toBe("half of the new log, the other half");
  });

  it("answers 503 while the API server does not review tokens", async () => {
    const address = await started();
    reviews.fail(true);
    const refused = await put(address, "x");
    expect(refused.status).toBe(503);
    expect(refused.message).toContain("the API server answered 500 to a TokenReview");
    reviews.fail(false);
    expect((await put(address, "x")).status).toBe(201);
  });

  it("deletes expired logs", async () => {
    const address = await started();
    await put(address, "x");
    if (service !== undefined) await endLogService(service, "SIGTERM");
    const longAgo = new Date(Date.now() - 61 * 86_400_000);
    await utimes(join(folder, "logs", path), longAgo, longAgo);
    await started();
    await expect.poll(filesKept, limit).toEqual([]);
  });

  it("serves probes and metrics", async () => {
    const address = await started({ BUILDERPOOL_LOGS_QUOTA: "1Gi" });
    await put(address, "x", "made-up");
    await put(address, "x");
    expect([await shown(address, "readyz"), await shown(address, "livez")]).toEqual(["ready\n", "alive\n"]);
    const inner = service?.metricsAddress ?? "";
    expect([await shown(inner, "readyz"), await shown(inner, "livez")]).toEqual(["ready\n", "alive\n"]);
    const text = await metrics();
    expect(text).toContain('builderpool_logs_writes_total{status="401"} 1\n');
    expect(text).toContain('builderpool_logs_writes_total{status="201"} 1\n');
    expect(text).toContain("builderpool_logs_quota_bytes 1073741824\n");
    expect(await shown(address, "metrics")).toBe(404);
    expect(await shown(inner)).toBe(404);
  });

  it("logs no token", async () => {
    const address = await started();
    await put(address, "x");
    await put(address, "x", "made-up");
    expect(service?.lines.join("\n")).not.toMatch(/token-of|made-up/);
  });

  it("does not start with an invalid environment, and names the variable", async () => {
    await expect(started({ BUILDERPOOL_LOGS_KEEP: "soon" })).rejects.toThrow(
      /expected a duration such as 90s, 10m, 1h30m or 2d, found "soon"[\s\S]*BUILDERPOOL_LOGS_KEEP/,
    );
  });
});
