import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sparseEnvironment } from "../../../src/system/sparseEnvironment.ts";
import { anInstallation, greeting, type Installation, program } from "../../support/up/installation.ts";

/** Resolves nowhere. Only the proxy knows it. */
const host = "ghe.intern.test";
const variables = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"];

/** A proxy for plain requests and CONNECT that knows one host. Records what it forwards. */
async function startProxy(port: number): Promise<{ server: Server; url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((from, to) => {
    const url = new URL(from.url ?? "");
    seen.push(`${from.method} ${url.host}${url.pathname}`);
    if (url.hostname !== host) return void to.writeHead(502).end();
    const path = `${url.pathname}${url.search}`;
    const onward = request({ host: "127.0.0.1", port, path, method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    from.pipe(onward);
  });
  server.on("connect", (from, client) => {
    seen.push(`CONNECT ${from.url}`);
    if (!from.url?.startsWith(`${host}:`)) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(client);
      client.pipe(onward);
    });
    for (const end of [onward, client]) end.on("error", () => [onward, client].map((one) => one.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe("behind a proxy", () => {
  let installation: Installation;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    installation = await anInstallation();
    const { apiUrl, gitUrl, token } = installation.github;
    const { port } = new URL(apiUrl);
    proxy = await startProxy(Number(port));
    const behind = (address: string) => address.replace(`127.0.0.1:${port}`, host);
    await installation.declare({
      github: { apiUrl: behind(apiUrl), gitUrl: behind(gitUrl), pollInterval: "1s" },
    });
    env = {
      ...Object.fromEntries(variables.map((name) => [name, proxy.url])),
      ...{ no_proxy: "localhost", PATH: process.env["PATH"], HOME: installation.directory, GITHUB_TOKEN: token },
    };
  });
  afterAll(async () => {
    proxy.server.closeAllConnections();
    proxy.server.close();
    await installation.close();
  });

  /** Runs doctor with no proxy but the given variables. */
  const doctor = async (changes: NodeJS.ProcessEnv) => {
    const args = ["doctor", "-f", installation.poolFile, "--work-dir", installation.workDir];
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !/_proxy$/i.test(name)));
    const { stdout } = await promisify(execFile)(program, args, { env: { ...rest, ...changes } }).catch(
      (error) => error,
    );
    return stdout as string;
  };

  it.each<[string, (url: string) => NodeJS.ProcessEnv]>([
    ["http_proxy without a scheme", (url) => ({ http_proxy: url.replace("http://", ""), NODE_USE_ENV_PROXY: "1" })],
    ["HTTP_PROXY in capitals alone", (url) => ({ HTTP_PROXY: url })],
  ])("%s reaches GitHub and git", async (_, variablesOf) => {
    const stdout = await doctor(variablesOf(proxy.url));
    expect(stdout).toMatch(new RegExp(`ok {4}git .*alice/hello master can be fetched through ${proxy.url}\\n`));
    expect(stdout).toMatch(new RegExp(`ok {4}github .* through ${proxy.url}: `));
  });

  it("no_proxy=*.intern.test means the same for GitHub and git", async () => {
    const before = proxy.seen.length;
    const stdout = await doctor({ http_proxy: proxy.url, no_proxy: "*.intern.test" });
    expect(stdout).toMatch(/fail {2}git .*not resolve/);
    expect(stdout).toMatch(/fail {2}github/);
    expect(stdout).not.toContain("through");
    expect(proxy.seen).toHaveLength(before);
  });

  it.each(variables)("an unusable %s ends a command with one sentence, and --version works", async (name) => {
    const own = { ...process.env, [name]: "http://u:secret@proxy:port" };
    const { stderr, code } = await promisify(execFile)(program, ["get", "pools"], { env: own }).catch((error) => error);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^builderpool: ${name} is no address of an HTTP proxy: .*\n$`));
    expect((await promisify(execFile)(program, ["--version"], { env: own })).stderr).toBe("");
  });

  it("doctor reaches GitHub and git", async () => {
    const stdout = await doctor(env);
    expect(stdout).toMatch(/ok {4}git .*alice\/hello master can be fetched/);
    expect(stdout).toMatch(/ok {4}github/);
    expect(stdout).not.toContain("ENOTFOUND");
  });

  it("up lists pull requests and fetches them", async () => {
    await installation.propose("Greet", greeting("Hello, all"));
    const args = ["up", "-f", installation.poolFile, "--work-dir", installation.workDir, "--listen", "127.0.0.1:0"];
    const up = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [up.stdout, up.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
    const ended = once(up, "exit");
    await expect.poll(() => output, { timeout: 120_000 }).toContain("the pull requests are listed");
    await expect
      .poll(() => proxy.seen.some((line) => line.includes("git-upload-pack")), { timeout: 120_000 })
      .toBe(true);
    up.kill("SIGTERM");
    await expect.poll(() => output, { timeout: 30_000 }).toMatch(/drain|stop/i);
    up.kill("SIGTERM"); // the second signal does not wait for the warm-up
    await ended;
  });
});

describe("a private authority", () => {
  it("is known to git, pip and curl by its file", () => {
    const file = "/etc/site.pem";
    expect(sparseEnvironment({ SSL_CERT_FILE: file })).toMatchObject({
      ...{ SSL_CERT_FILE: file, GIT_SSL_CAINFO: file, PIP_CERT: file, REQUESTS_CA_BUNDLE: file, CURL_CA_BUNDLE: file },
    });
    expect(sparseEnvironment({ SSL_CERT_FILE: file, PIP_CERT: "/own" })).toMatchObject({ PIP_CERT: "/own" });
  });
});
