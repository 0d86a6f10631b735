import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDirectoryLogStore } from "../../../../src/logs/stores/directory.ts";

const day = 86_400_000;
let directory: string;
let now = Date.now();
const store = () => createDirectoryLogStore({ directory, url: "http://logs.example/base/", clock: { now: () => now } });
const files = async () =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "logs-"));
  now = Date.now();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the builder died");
}

describe("directory log store", () => {
  it("stores bytes at their path", async () => {
    await store().put("o/r/1/abc/c/fullLog.txt", pieces("one ", "two"), "text/plain");
    await store().put("o/r/1/abc/c/pretty.html", Buffer.from("page"), "text/html");
    expect(await readFile(join(directory, "o/r/1/abc/c/fullLog.txt"), "utf8")).toBe("one two");
    expect(await readFile(join(directory, "o/r/1/abc/c/pretty.html"), "utf8")).toBe("page");
  });

  it("replaces an old object", async () => {
    await store().put("a/b", Buffer.from("a long text"), "text/plain");
    await store().put("a/b", Buffer.from("new"), "text/plain");
    expect(await readFile(join(directory, "a/b"), "utf8")).toBe("new");
  });

  it("keeps the old bytes, and no temporary file, when an upload breaks off", async () => {
    await store().put("a/b", Buffer.from("old"), "text/plain");
    await expect(store().put("a/b", broken(), "text/plain")).rejects.toThrow("the builder died");
    expect(await readFile(join(directory, "a/b"), "utf8")).toBe("old");
    expect(await files()).toBe(1);
  });

  it.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a//b",
    "a/./b",
    "a/.hidden",
    "a\\..\\b",
    "a/b\0",
    `a/${"x".repeat(256)}`,
  ])("refuses the path %j", async (path) => {
    await expect(store().put(path, Buffer.from("x"), "text/plain")).rejects.toThrow(JSON.stringify(path));
    expect(await files()).toBe(0);
  });

  it("fails if the path is not a directory", async () => {
    await writeFile(join(directory, "plain"), "");
    const blocked = createDirectoryLogStore({ directory: join(directory, "plain"), url: "http://logs.example" });
    await expect(blocked.put("a/b", Buffer.from("x"), "text/plain")).rejects.toThrow();
  });

  it("builds URLs below the base URL", () => {
    expect(store().url("o/r/1/abc/c#1/pretty.html")).toBe("http://logs.example/base/o/r/1/abc/c%231/pretty.html");
  });

  it("deletes old files and emptied directories, and returns the freed bytes", async () => {
    await store().put("o/r/1/old/c/fullLog.txt", Buffer.from("12345"), "text/plain");
    await store().put("o/r/1/new/c/fullLog.txt", Buffer.from("1"), "text/plain");
    await utimes(join(directory, "o/r/1/old/c/fullLog.txt"), new Date(now - 3 * day), new Date(now - 3 * day));
    expect(await store().expire(2 * day)).toBe(5);
    expect(await readdir(join(directory, "o/r/1"))).toEqual(["new"]);
    expect(await store().expire(2 * day)).toBe(0);
  });

  it("expires nothing in a missing directory", async () => {
    expect(await createDirectoryLogStore({ directory: join(directory, "none"), url: "http://x" }).expire(day)).toBe(0);
  });

  it("does not follow links when it deletes", async () => {
    const outside = await mkdtemp(join(tmpdir(), "outside-"));
    await writeFile(join(outside, "precious"), "x");
    await mkdir(join(directory, "o"));
    await symlink(outside, join(directory, "o/link"));
    now += 10 * day;
    expect(await store().expire(day)).toBe(0);
    expect((await stat(join(outside, "precious"))).isFile()).toBe(true);
    await rm(outside, { recursive: true });
  });

  it("loses no new log while old logs expire", async () => {
    const writes = Array.from({ length: 30 }, (_, n) => store().put(`o/r/${n}/c/log`, Buffer.from("x"), "text/plain"));
    const sweeps = Array.from({ length: 5 }, () => store().expire(day));
    await Promise.all([...writes, ...sweeps]);
    expect(await files()).toBe(30);
  });
});
