import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { siteEnvironmentOf, siteNodeEnvironmentOf } from "../../../src/core/pool/manifest/pod/site.ts";
import { setting } from "../../unit/core/pool/manifest/setting.ts";

const run = promisify(execFile);
const source = resolve(import.meta.dirname, "../../../src/builder/cells/authorities.ts");
const PATH = process.env["PATH"] ?? "";
const servers: Server[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "builderpool-site-"));
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function listen<T extends Server>(server: T, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

/** Runs a program of Node. Its variables are those of the builder's container, and no others. */
const node = async (code: string, env: NodeJS.ProcessEnv) =>
  (await run(process.execPath, ["--input-type=module", "-e", code], { env: { PATH, ...env }, timeout: 60_000 })).stdout;

describe("the proxy of a site in a pod", () => {
  it("carries requests to other hosts, and none to API server and log service", async () => {
    const proxied: string[] = [];
    const elsewhere = await listen(createServer((_, to) => to.end("proxied")));
    const server = createServer((from, to) => to.end("proxied", () => proxied.push(from.url ?? "")));
    // Node tunnels plain requests too.
    server.on("connect", (from, client) => {
      proxied.push(`http://${from.url?.replace(/:80$/, "")}/`);
      const onward = connect(elsewhere, "127.0.0.1", () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
      onward.pipe(client).pipe(onward);
      for (const end of [onward, client]) end.on("error", () => [onward, client].map((one) => one.destroy()));
    });
    const proxy = await listen(server);
    const direct = await listen(
      createServer((_, to) => to.end("direct")),
      "127.0.0.2",
    );
    const own = {
      ...setting,
      logs: { ...setting.logs, url: `http://127.0.0.2:${direct}` },
      proxy: { http: `http://127.0.0.1:${proxy}`, noProxy: [] },
    };
    const variables = [...siteEnvironmentOf(own), ...siteNodeEnvironmentOf(own, "")];
    const expanded = (value: string) => value.replace("$(KUBERNETES_SERVICE_HOST)", "127.0.0.3");
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, expanded(value)]));
    const get = (address: string) => node(`process.stdout.write(await (await fetch("${address}")).text())`, env);
    expect(await get("http://github.test/")).toBe("proxied");
    expect(await get(`http://127.0.0.2:${direct}/`)).toBe("direct");
    const { stdout } = await run("curl", ["-s", "http://git.test/"], { env: { PATH, ...env } });
    expect(stdout).toBe("proxied");
    expect((await run("curl", ["-s", `http://127.0.0.2:${direct}/`], { env: { PATH, ...env } })).stdout).toBe("direct");
    const api = await listen(
      createServer((_, to) => to.end("api")),
      "127.0.0.3",
    );
    expect(await get(`http://127.0.0.3:${api}/`)).toBe("api");
    expect(proxied).toEqual(["http://github.test/", "http://git.test/"]);
  });
});

describe("the private authorities of a site in a pod", () => {
  /** A certificate for 127.0.0.1 that is its own authority, and the port of a server with the certificate. */
  async function anAuthority(name: string) {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    const answer = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, to) => to.end(name));
    return { cert, port: await listen(answer) };
  }

  it("are known to git and curl beside the public ones, and to the builder beside the log service's own", async () => {
    const [site, logs] = [await anAuthority("site"), await anAuthority("logs")];
    const write = `const { writeAuthorities } = await import("${source}"); await writeAuthorities("${folder}", process.env);`;
    await node(write, { NODE_EXTRA_CA_CERTS: site.cert });
    const file = join(folder, "authorities.pem");
    expect(readFileSync(file, "utf8").split("BEGIN CERTIFICATE").length).toBeGreaterThan(100);
    const { stdout } = await run("curl", ["-s", `https://127.0.0.1:${site.port}/`], {
      env: { PATH, CURL_CA_BUNDLE: file },
    });
    expect(stdout).toBe("site");

    const trusting = `const { trustAuthorities } = await import("${source}"); await trustAuthorities(process.env);`;
    const get = (port: number) => `process.stdout.write(await (await fetch("https://127.0.0.1:${port}/")).text());`;
    const env = { NODE_EXTRA_CA_CERTS: logs.cert, SSL_CERT_FILE: file };
    expect(await node(`${trusting}${get(site.port)}${get(logs.port)}`, env)).toBe("sitelogs");
    await expect(node(get(site.port), env)).rejects.toThrow("certificate");
  });

  it("are refused in one sentence if the ConfigMap has none", async () => {
    const empty = join(folder, "empty.crt");
    writeFileSync(empty, "nothing\n");
    const write = `const { writeAuthorities } = await import("${source}"); await writeAuthorities("${folder}", process.env);`;
    await expect(node(write, { NODE_EXTRA_CA_CERTS: empty })).rejects.toThrow(
      "has no certificate: put PEM certificates into ca.crt of the ConfigMap of caConfigMap",
    );
  });
});
