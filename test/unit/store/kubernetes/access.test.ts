import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKubernetesClient } from "../../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../../src/store/kubernetes/kubeConfig.ts";
import { accessInPod } from "../../../../src/store/kubernetes/pod.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { scriptedServer, sendJson } from "../../../support/kubernetes/scriptedServer.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "access-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("access in a pod", () => {
  it("uses a rotated token within 30 s", async () => {
    writeFileSync(join(folder, "token"), "first\n");
    writeFileSync(join(folder, "ca.crt"), "");
    writeFileSync(join(folder, "namespace"), "ci");
    const clock = fakeClock();
    const access = accessInPod({ host: "10.96.0.1", port: "443", folder, clock });
    const before = await access.headers();
    writeFileSync(join(folder, "token"), "second\n");
    await clock.advance(30_000);

    expect(before).toEqual({ authorization: "Bearer first" });
    expect(await access.headers()).toEqual({ authorization: "Bearer second" });
    expect(access.server.href).toBe("https://10.96.0.1/");
    expect(access.namespace).toBe("ci");
  });

  it("accepts an IPv6 address", () => {
    for (const name of ["token", "ca.crt", "namespace"]) writeFileSync(join(folder, name), "");

    expect(accessInPod({ host: "fd00::1", port: "443", folder, clock: fakeClock() }).server.host).toBe("[fd00::1]");
  });

  it("throws when the folder is missing", () => {
    expect(() => accessInPod({ host: "10.96.0.1", port: "443", folder: `${folder}/no`, clock: fakeClock() })).toThrow(
      "ENOENT",
    );
  });
});

describe("access from a kubeconfig", () => {
  function written(server: string, rest = ""): string {
    const file = join(folder, "config");
    writeFileSync(
      file,
      `{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: k, cluster: {server: "${server}", insecure-skip-tls-verify: true}}],
        users: [{name: u, user: {token: t0ken}}], contexts: [{name: c, context: {cluster: k, user: u, namespace: ci}}]${rest}}`,
    );
    return file;
  }

  it("has server, path prefix, namespace and token of the current context", async () => {
    await using server = await scriptedServer((response) => sendJson(response, { metadata: { name: "a" } }));
    const access = await accessFromKubeConfig(written(`${server.url}/clusters/one`), fakeClock());
    await createKubernetesClient(access).get({ apiVersion: "v1", kind: "Pod", plural: "pods" }, "a");

    expect(server.seen[0]).toMatchObject({
      url: "/clusters/one/api/v1/namespaces/ci/pods/a",
      headers: { authorization: "Bearer t0ken" },
    });
  });

  it("merges several files, prefers the first file and accepts another context", async () => {
    const files = ["first", "second"].map((name) => join(folder, name));
    const context = (name: string, namespace: string) =>
      `{name: ${name}, context: {cluster: k, user: u, namespace: ${namespace}}}`;
    writeFileSync(
      join(folder, "first"),
      `{apiVersion: v1, kind: Config, current-context: a, contexts: [${context("a", "one")}]}`,
    );
    writeFileSync(
      join(folder, "second"),
      `{apiVersion: v1, kind: Config, current-context: b, contexts: [${context("b", "two")}], users: [],
        clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"}}]}`,
    );

    expect(await accessFromKubeConfig(files, fakeClock())).toMatchObject({ namespace: "one", server: { port: "1" } });
    expect(await accessFromKubeConfig(files, fakeClock(), "b")).toMatchObject({ namespace: "two" });
    await expect(accessFromKubeConfig(files, fakeClock(), "c")).rejects.toThrow(
      `for the context "c"; set current-context, or select one of these contexts: a, b`,
    );
    await expect(accessFromKubeConfig(join(folder, "none"), fakeClock())).rejects.toThrow(
      "none cannot be read: ENOENT",
    );
  });

  it("ignores missing files among several, as kubectl does", async () => {
    const files = [join(folder, "none"), written("https://127.0.0.1:1"), join(folder, "neither")];

    expect(await accessFromKubeConfig(files, fakeClock())).toMatchObject({ namespace: "ci", server: { port: "1" } });
    await expect(accessFromKubeConfig([join(folder, "none"), join(folder, "neither")], fakeClock())).rejects.toThrow(
      "none cannot be read: ENOENT",
    );
  });

  it("names the missing setting in the error", async () => {
    writeFileSync(join(folder, "config"), "{apiVersion: v1, kind: Config, clusters: [], users: [], contexts: []}");

    await expect(accessFromKubeConfig(join(folder, "config"), fakeClock())).rejects.toThrow("set current-context");
  });
});
