import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogServer } from "../../../../src/logs/service/serve.ts";

const home = "/o/r/1/abc/build_O2_o2";
let root: string;
let directory: string;
const get = (path: string, init?: RequestInit) => createLogServer(directory).request(path, init);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "serve-"));
  directory = join(root, "logs");
  await mkdir(join(directory, home, "artifacts"), { recursive: true });
  await mkdir(join(directory, ".incoming"));
  await mkdir(join(directory, "o", "empty"));
  const write = (path: string, text: string) => writeFile(join(directory, path), text);
  await write(`${home}/fullLog.txt`, "0123456789");
  await write(`${home}/pretty.html`, "<h1>The build failed</h1>");
  await write(`${home}/artifacts/hist.root`, "root");
  await write(`${home}/artifacts/evil.svg`, "<svg onload='alert(1)'/>");
  await write(`${home}/artifacts/plot.png`, "png");
  await write(`${home}/artifacts/facts.json`, "{}");
  await write(`${home}/artifacts/a<b>&"'(1) %41.txt`, "odd");
  await write(`${home}/empty.txt`, "");
  await write(".incoming/half", "half");
  await writeFile(join(root, "secret"), "token");
  await symlink(join(root, "secret"), join(directory, home, "link.txt"));
  await symlink(root, join(directory, home, "up"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the former address of a log", () => {
  const page = async (path: string) => {
    const answer = await get(path);
    const location = answer.headers.get("location");
    return answer.status === 302 && location !== null
      ? new URL(location, `http://logs${path}`).pathname
      : answer.status;
  };

  it("leads to the present address of the only check that had it", async () => {
    const present = "/o/r/2/abc/build_hello_o2__20f66d009cef53cf";
    await mkdir(join(directory, present, "artifacts"), { recursive: true });
    await writeFile(join(directory, present, "pretty.html"), "<h1>red</h1>");
    for (const rest of ["", "/", "/pretty.html", "/artifacts/", "/artifacts/a%20b.txt"])
      expect(await page(`/o/r/2/abc/build_hello_o2${rest}`)).toBe(`${present}${rest}`);
    expect((await get(`${present}/pretty.html`)).status).toBe(200);
  });

  it("is unknown if two checks had it, or none", async () => {
    await mkdir(join(directory, "/o/r/3/abc/a_b__20f66d009cef53cf"), { recursive: true });
    await mkdir(join(directory, "/o/r/3/abc/a_b__20f66d009cef53ce"), { recursive: true });
    for (const path of ["/o/r/3/abc/a_b/pretty.html", "/o/r/3/abc/a/pretty.html", "/o/r/3/abc/a_b__20f66d009cef53c"])
      expect(await page(path)).toBe(404);
  });
});

describe("log server", () => {
  it.each([
    ["fullLog.txt", "text/plain; charset=utf-8"],
    ["pretty.html", "text/html; charset=utf-8"],
    ["artifacts/hist.root", "application/octet-stream"],
    ["artifacts/plot.png", "image/png"],
    ["artifacts/facts.json", "application/json"],
    ["artifacts/evil.svg", "text/plain; charset=utf-8"],
  ])("sends %s inline as %s, with security headers", async (name, type) => {
    const answer = await get(`${home}/${name}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("content-disposition")).toBe("inline");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("sandbox");
    expect(policy).not.toMatch(/script/);
  });

  it.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
  ])("sends the requested part for %s", async (range, text, header) => {
    const answer = await get(`${home}/fullLog.txt`, { headers: { range } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(header);
    expect(answer.headers.get("content-length")).toBe(String(text.length));
    expect(await answer.text()).toBe(text);
  });

  it.each(["bytes=10-", "bytes=-0", "bytes=11-12"])("refuses the unsatisfiable range %s", async (range) => {
    const answer = await get(`${home}/fullLog.txt`, { headers: { range } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */10");
  });

  it.each(["bytes=5-2", "bytes=", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b"])("ignores %s", async (range) => {
    const answer = await get(`${home}/fullLog.txt`, { headers: { range } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("0123456789");
  });

  it("answers 304 to a known ETag, and a range only for the same version", async () => {
    const tag = (await get(`${home}/fullLog.txt`)).headers.get("etag") ?? "";
    expect((await get(`${home}/fullLog.txt`, { headers: { "if-none-match": tag } })).status).toBe(304);
    const part = { range: "bytes=0-3", "if-range": tag };
    expect((await get(`${home}/fullLog.txt`, { headers: part })).status).toBe(206);
    expect((await get(`${home}/fullLog.txt`, { headers: { ...part, "if-range": '"old"' } })).status).toBe(200);
  });

  it("answers HEAD with the length only", async () => {
    const answer = await get(`${home}/fullLog.txt`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "10", ""]);
  });

  it("sends an empty file", async () => {
    const answer = await get(`${home}/empty.txt`);
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  it("lists directories with escaped names, and redirects to the URL with a slash", async () => {
    const moved = await get(`${home}/artifacts`);
    expect([moved.status, moved.headers.get("location")]).toEqual([301, "./artifacts/"]);
    const text = await (await get(`${home}/artifacts/`)).text();
    expect(text).toContain("a&lt;b&gt;&amp;&quot;&#39;(1) %41.txt");
    expect(text).not.toContain("a<b>");
    const address = /href="(?<odd>\.\/a%3C[^"]*)"/.exec(text)?.groups?.["odd"]?.replaceAll("&#39;", "'") ?? "";
    expect(await (await get(`${home}/artifacts/${address.slice(2)}`)).text()).toBe("odd");
  });

  it("lists its root and an empty directory, without unfinished files", async () => {
    const text = await (await get("/")).text();
    expect(text).toContain('href="./o/"');
    expect(text).not.toContain("incoming");
    expect(await (await get("/o/empty/")).text()).toContain("No logs yet");
  });

  it.each([
    "/nothing",
    "/../secret",
    "/%2e%2e/secret",
    "/o/%2e%2e%2f%2e%2e%2fsecret",
    "/..%5csecret",
    "/o//r",
    "/%00",
    "/%ff",
    "/.incoming/half",
    `${home}/link.txt`,
    `${home}/up/secret`,
    `${home}/up/`,
    `${home}/fullLog.txt/`,
  ])("answers 404 with a message at %s", async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe("No log is stored at this address: the log was never written, or has expired\n");
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("refuses %s", async (method) => {
    const answer = await get(`${home}/fullLog.txt`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});
