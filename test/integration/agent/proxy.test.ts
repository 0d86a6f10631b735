import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { node } from "../../support/cell/serveCell.ts";
import { writePki } from "../../support/cluster/controlPlane/pki.ts";
import { aConnectProxy } from "../../support/host/connectProxy.ts";

const repository = resolve(import.meta.dirname, "../../..");
const [cluster, logs] = ["cluster.example.org", "logs.example.org"];
const folder = mkdtempSync(join(tmpdir(), "builderpool-proxy-"));
const authorities = join(folder, "pki/ca.crt");

/** Reads an object through the client of the agent, stores a log, and downloads a bundle. */
const script = `
const { createKubernetesClient } = await import(process.argv[2] + "/src/store/kubernetes/http/kubernetesClient.ts");
const { accessByFolder } = await import(process.argv[2] + "/src/store/kubernetes/pod.ts");
const { createHttpLogStore } = await import(process.argv[2] + "/src/logs/stores/http.ts");
const { proxyIn, useProxy } = await import(process.argv[2] + "/src/system/proxy.ts");
const { systemClock: clock } = await import(process.argv[2] + "/src/system/clock.ts");
const { useAuthorities } = await import(process.argv[2] + "/src/agent/state/authorities.ts");
const proxy = proxyIn(process.env);
useProxy(proxy);
useAuthorities(process.env.AUTHORITIES);
const say = async (what, act) => console.log(what, await act().catch((error) => "failed: " + (error.cause?.code ?? error.message)));
const access = accessByFolder({ server: new URL("https://${cluster}"), folder: process.argv[3], clock, proxy });
const client = createKubernetesClient(access);
await say("get", async () => (await client.get({ apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" }, "a")).metadata.name);
const store = createHttpLogStore({ putUrl: "https://${logs}", url: "https://${logs}", token: async () => "t" });
await say("log", async () => { await store.put("a/b", Buffer.from("text"), "text/plain"); return "stored"; });
await say("fetch", async () => (await fetch("https://${logs}/agent.mjs")).status);
process.exit();
`;

let server: Server;
let proxy: Awaited<ReturnType<typeof aConnectProxy>>;
beforeAll(async () => {
  const pki = join(folder, "pki");
  await writePki(pki, [{ name: "server", commonName: "server", dnsNames: [cluster, logs] }]);
  const file = (name: string) => readFileSync(join(pki, name));
  server = createServer({ key: file("server.key"), cert: file("server.crt") }, (request, response) => {
    request.resume().on("end", () => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", resourceVersion: "1" } };
      response.writeHead(request.method === "PUT" ? 201 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(object));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  proxy = await aConnectProxy({ [cluster]: port, [logs]: port });
  for (const [name, text] of Object.entries({ token: "t", namespace: "ci", "ca.crt": file("ca.crt") }))
    writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "script.mjs"), script);
});
beforeEach(() => void proxy.tunnels.splice(0));
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

async function runWith(environment: Record<string, string>): Promise<readonly string[]> {
  const env = { PATH: "/usr/bin:/bin", AUTHORITIES: authorities, ...environment };
  const args = [join(folder, "script.mjs"), repository, folder];
  return (await execa(node, args, { env, extendEnv: false })).stdout.split("\n");
}

describe("a host behind a proxy", () => {
  it.each(["HTTPS_PROXY", "https_proxy"])("reaches the cluster and the log service with %s", async (variable) => {
    expect(await runWith({ [variable]: proxy.url })).toEqual(["get a", "log stored", "fetch 200"]);
    expect(new Set(proxy.tunnels)).toEqual(new Set([`${cluster}:443`, `${logs}:443`]));
  });

  it("reaches only the cluster without the private authorities of the site", async () => {
    const lines = await runWith({ HTTPS_PROXY: proxy.url, AUTHORITIES: "" });
    expect(lines).toEqual(["get a", expect.stringMatching(/^log failed: /), expect.stringMatching(/^fetch failed: /)]);
  });

  it("sends nothing to the proxy for names in NO_PROXY", async () => {
    const lines = await runWith({ HTTPS_PROXY: proxy.url, NO_PROXY: `${cluster},.example.org` });
    expect(lines.every((line) => line.includes("failed: "))).toBe(true);
    expect(proxy.tunnels).toEqual([]);
  });

  it("cannot reach them without the proxy, so the tests above prove its use", async () => {
    expect((await runWith({})).every((line) => line.includes("failed: "))).toBe(true);
  });
});
