import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endLogService, type LogService, startLogService } from "../../support/logs/logService.ts";
import { type FoundBuild, type TokenReviews, tokenReviews } from "../../support/logs/tokenReviews.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const pathOf = (number: number, check = "build_x_o2", at = commit) => `o/r/${number}/${at}/${check}/fullLog.txt`;
const owner = (pod: string) => ({ username: "system:serviceaccount:ci:o2-builder", pod });
const owners = {
  "token-of-o2-0": owner("o2-0"),
  "token-of-o2-1": owner("o2-1"),
  "token-of-an-imitator": { username: "system:serviceaccount:ci:evil-builder", pod: "evil-0" },
};
const held = (number: number, builder: string): FoundBuild => ({
  spec: { pool: "o2", repository: "o/r", number, check: "build/x/o2" },
  status: { phase: "Running", claim: { builder, commit } },
});

let folder: string;
let api: TokenReviews;
let service: LogService | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-attacks-"));
  api = await tokenReviews(owners, [held(1, "o2-0"), held(2, "o2-1")]);
});
afterEach(async () => {
  if (service !== undefined) await endLogService(service, "SIGKILL");
  service = undefined;
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function started(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  service = await startLogService(folder, api.address, settings);
  return service.address;
}

async function put(address: string, to: string, token = "token-of-o2-0") {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${address}/${to}`, { method: "PUT", headers, body: "a log" });
  return [answer.status, (await answer.text()).trim()] as const;
}

/** Sends raw bytes, then one byte more every 100 ms. Returns the answer and the milliseconds until the end. */
async function trickle(address: string, head: string): Promise<{ readonly text: string; readonly ms: number }> {
  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  const begin = performance.now();
  let text = "";
  socket.on("data", (piece) => {
    text += piece;
  });
  socket.on("error", () => {});
  socket.write(head);
  const timer = setInterval(() => socket.write("x"), 100);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(timer);
  return { text, ms: performance.now() - begin };
}

describe("a stolen log token", () => {
  it("writes only logs of Builds that its builder holds", async () => {
    const address = await started();
    expect(await put(address, pathOf(1))).toEqual([201, ""]);
    const sentence = 'No Build of this path has a claim or the latest verdict of "o2-0"';
    expect(await put(address, pathOf(2))).toEqual([403, sentence]);
    expect(await put(address, pathOf(3))).toEqual([403, sentence]);
    expect(await put(address, pathOf(1, "build_x_o3"))).toEqual([403, sentence]);
    expect(await put(address, pathOf(1, "build_x_o2", "f".repeat(40)))).toEqual([403, sentence]);
  });

  it("gains nothing from an account with a name like ours", async () => {
    const address = await started();
    const [status, sentence] = await put(address, pathOf(1), "token-of-an-imitator");
    expect([status, sentence]).toEqual([403, expect.stringContaining('"evil-0"')]);
  });

  it("waits while the API server does not list Builds", async () => {
    const address = await started();
    api.failLists(true);
    const [status, sentence] = await put(address, pathOf(1));
    expect([status, sentence]).toEqual([503, expect.stringContaining("answered 500 to a list of Builds")]);
    api.failLists(false);
    expect(await put(address, pathOf(1))).toEqual([201, ""]);
  });
});

describe("made-up tokens", () => {
  it("cause few reviews, and do not lock out builders elsewhere", async () => {
    const address = await started();
    const statuses = await Promise.all(Array.from({ length: 200 }, (_, n) => put(address, pathOf(1), `made-up-${n}`)));
    expect(statuses.filter(([status]) => status === 401)).toHaveLength(20);
    expect(statuses.filter(([status]) => status === 429)).toHaveLength(180);
    expect(api.reviewed).toBe(20);
  });
});

describe("a slow client", () => {
  it("is cut while it sends headers", async () => {
    const address = await started({ BUILDERPOOL_LOGS_PATIENCE: "1s" });
    const { text, ms } = await trickle(address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect(text).toContain("408");
    expect(ms).toBeLessThan(5_000);
  });

  it("is cut when it sends nothing", async () => {
    const address = await started({ BUILDERPOOL_LOGS_PATIENCE: "1s" });
    const socket = connect(Number(new URL(address).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const begin = performance.now();
    await new Promise((resolve) => socket.once("close", resolve));
    expect(performance.now() - begin).toBeLessThan(6_000);
  });

  it("is cut while it sends a log byte by byte, and leaves no file", async () => {
    const address = await started({ BUILDERPOOL_LOGS_PATIENCE: "1s" });
    const head = [
      `PUT /${pathOf(1)} HTTP/1.1`,
      "Host: x",
      "Authorization: Bearer token-of-o2-0",
      "Content-Length: 1000000",
      "\r\n",
    ];
    const { text, ms } = await trickle(address, head.join("\r\n"));
    expect(text).toContain("408 Request Timeout");
    expect(text).toContain("The log arrived too slowly");
    expect(ms).toBeLessThan(6_000);
    expect((await fetch(`${address}/${pathOf(1)}`)).status).toBe(404);
  });

  it("does not disturb others", async () => {
    const address = await started({ BUILDERPOOL_LOGS_PATIENCE: "2s" });
    const slow = Array.from({ length: 50 }, () => trickle(address, "GET / HTTP/1.1\r\nX-Slow: "));
    expect(await put(address, pathOf(1))).toEqual([201, ""]);
    await Promise.all(slow);
  });
});

describe("the name of the service", () => {
  const statusFor = (address: string, host: string, path = "/") =>
    new Promise<number | undefined>((resolve, reject) => {
      const asking = httpRequest(address, { path, headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asking.once("error", reject);
      asking.end();
    });

  it("must be one of ours, except for probes", async () => {
    const address = await started({ BUILDERPOOL_LOGS_HOSTS: "logs.example.org,builderpool-logs.ci.svc" });
    expect(await statusFor(address, "logs.example.org")).toBe(200);
    expect(await statusFor(address, "builderpool-logs.ci.svc:80")).toBe(200);
    expect(await statusFor(address, "evil.example")).toBe(421);
    expect(await statusFor(address, new URL(address).host)).toBe(421);
    expect(await statusFor(address, "logs.example.org", "http://evil.example/")).toBe(421);
    expect(await statusFor(address, "10.0.0.1:8080", "/readyz")).toBe(200);
    expect((await put(address, pathOf(1)))[0]).toBe(421);
  });
});

describe("HTTPS", () => {
  it("serves pages with the given certificate, and metrics without", async () => {
    const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = ["-subj", "/CN=logs", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const address = await started({ BUILDERPOOL_LOGS_TLS_CERT_FILE: cert, BUILDERPOOL_LOGS_TLS_KEY_FILE: key });
    const ca = await readFile(cert);
    const headers = { authorization: "Bearer token-of-o2-0" };
    const status = await new Promise((resolve, reject) => {
      const sending = httpsRequest(`${address}/${pathOf(1)}`, { method: "PUT", ca, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sending.once("error", reject);
      sending.end("a log");
    });
    expect(status).toBe(201);
    expect((await fetch(`${service?.metricsAddress}/readyz`)).status).toBe(200);
  });

  it("needs both files", async () => {
    const settings = { BUILDERPOOL_LOGS_TLS_CERT_FILE: "/tls.crt" };
    await expect(started(settings)).rejects.toThrow("BUILDERPOOL_LOGS_TLS_KEY_FILE");
  });
});
