import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sparseEnvironment } from "../../../src/system/sparseEnvironment.ts";
import { tools } from "../../support/cell/world.ts";
import { anInstallation, type Installation, program } from "../../support/up/installation.ts";

const run = promisify(execFile);
const source = (path: string) => resolve(import.meta.dirname, "../../../src", path);
/** Resolves nowhere. Only the proxy knows the host. Its certificate is known to no public authority. */
const host = "site.test";

describe("one machine behind a proxy, with a private authority", () => {
  const folder = mkdtempSync(join(tmpdir(), "site-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "site.pem")];
  const servers: Server[] = [];
  /** What the site was asked, and by which way. */
  const [seen, tunnels]: [string[], string[]] = [[], []];
  let installation: Installation;
  let env: Record<string, string>;

  async function listen(server: Server): Promise<number> {
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  beforeAll(async () => {
    installation = await anInstallation();
    const { apiUrl, gitUrl, token } = installation.github;
    const gitHub = Number(new URL(apiUrl).port);
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    const site = await listen(
      createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (from, to) => {
        const path = from.url ?? "";
        seen.push(`${from.method} ${path.split("?")[0]}`);
        if (/^\/(simple|bucket|logs)\//.test(path)) {
          from.resume().on("end", () => to.writeHead(from.method === "PUT" ? 200 : 404, { ETag: '"1"' }).end());
          return;
        }
        const { method, headers } = from;
        const onward = request({ host: "127.0.0.1", port: gitHub, path, method, headers }, (answer) => {
          answer.pipe(to.writeHead(answer.statusCode ?? 502, answer.headers));
        });
        from.pipe(onward.on("error", () => to.destroy()));
      }),
    );
    const proxy = createServer((_, to) => void to.writeHead(502).end());
    proxy.on("connect", (from, client) => {
      tunnels.push(from.url ?? "");
      if (from.url !== `${host}:443`) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      const onward = connect(site, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(client).pipe(onward);
      });
      for (const end of [onward, client]) end.on("error", () => [onward, client].map((one) => one.destroy()));
    });
    const address = `http://127.0.0.1:${await listen(proxy)}`;
    const behind = (url: string) => url.replace(`http://127.0.0.1:${gitHub}`, `https://${host}`);
    await installation.declare({ github: { apiUrl: behind(apiUrl), gitUrl: behind(gitUrl) } });
    env = {
      ...{ HTTPS_PROXY: address, https_proxy: address, NO_PROXY: "localhost", no_proxy: "localhost" },
      ...{ PATH: process.env["PATH"] ?? "", HOME: installation.directory, GITHUB_TOKEN: token },
    };
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await installation.close();
    rmSync(folder, { recursive: true });
  });

  const doctor = async (more: Record<string, string>) => {
    const args = ["doctor", "-f", installation.poolFile, "--work-dir", installation.workDir];
    const { stdout } = await run(program, args, { env: { ...env, ...more } }).catch((error) => error);
    return stdout as string;
  };

  it.each(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])("reaches GitHub and git with %s", async (name) => {
    const stdout = await doctor({ [name]: cert });
    expect(stdout).toMatch(/ok {4}git .*alice\/hello master can be fetched/);
    expect(stdout).toMatch(/ok {4}github/);
    expect(seen.some((line) => line.includes("git-upload-pack") || line.includes("info/refs"))).toBe(true);
    expect(new Set(tunnels)).toEqual(new Set([`${host}:443`]));
  });

  it("names the certificate when nothing knows the authority", async () => {
    expect(await doctor({})).toMatch(/fail {2}github.*certificate/i);
  });

  it("reaches the index of pip, the log service and a bucket", async () => {
    const python = join(tools, "alibuild-1.17.44/bin/python");
    const args = ["-I", "-m", "pip", "download", "--no-cache-dir", "--retries", "0", "-d", folder, "sitepackage"];
    const ofCells = sparseEnvironment({ ...env, SSL_CERT_FILE: cert, PIP_INDEX_URL: `https://${host}/simple` });
    const { stderr } = await run(python, args, { env: ofCells }).catch((error) => error);
    expect(stderr).toContain("No matching distribution found");

    const put = `
      const { createHttpLogStore } = await import("${source("logs/stores/http.ts")}");
      const { createS3LogStore } = await import("${source("logs/stores/s3.ts")}");
      const path = "o/r/1/${"a".repeat(40)}/c/fullLog.txt", body = Buffer.from("text");
      const url = "https://${host}";
      await createHttpLogStore({ putUrl: url + "/logs", url, token: async () => "t" }).put(path, body, "text/plain");
      const keys = async () => ({ accessKeyId: "a", secretAccessKey: "s" });
      const s3 = { endpoint: url, bucket: "bucket", region: "r", prefix: "" };
      await createS3LogStore({ s3, keys }).put(path, body, "text/plain");`;
    // As bin/builderpool sets them.
    const own = { ...env, NODE_USE_ENV_PROXY: "1", NODE_EXTRA_CA_CERTS: cert };
    await run(process.execPath, ["--input-type=module", "-e", put], { env: own });
    expect(seen).toEqual(
      expect.arrayContaining([
        "GET /simple/sitepackage/",
        expect.stringMatching(/^PUT \/logs\/o\/r\/1\//),
        expect.stringMatching(/^PUT \/bucket\/o\/r\/1\//),
      ]),
    );
  });
});
