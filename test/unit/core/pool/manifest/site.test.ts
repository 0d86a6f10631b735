import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Setting } from "../../../../../src/core/pool/manifest/manifest.ts";
import { podTemplateOf } from "../../../../../src/core/pool/manifest/pod/podTemplate.ts";
import { SiteProxy } from "../../../../../src/core/pool/manifest/siteProxy.ts";
import { aPool } from "./aPool.ts";
import { setting } from "./setting.ts";

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
}

const proxy = { https: "http://proxy.example.org:3128", http: "http://proxy.example.org:3128", noProxy: [".intern"] };
const site: Setting = { ...setting, proxy, caConfigMap: "site-ca" };

function podOf(own: Setting) {
  const { spec } = podTemplateOf(aPool(), own, "r");
  const pod: { readonly initContainers: readonly Container[]; readonly containers: readonly Container[] } = JSON.parse(
    JSON.stringify(spec),
  );
  const container = (name: string) => {
    const found = [...pod.initContainers, ...pod.containers].find((one) => one.name === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  };
  return {
    env: (name: string) => Object.fromEntries((container(name).env ?? []).map((one) => [one.name, one.value])),
    mounts: (name: string) => container(name).volumeMounts,
  };
}

describe("proxy and authorities of a site", () => {
  it("match the golden file of a pod", async () => {
    const text = stringify(podTemplateOf(aPool(), site, "r"), { lineWidth: 0, aliasDuplicateObjects: false });
    await expect(text).toMatchFileSnapshot("rich/SitePod.yaml");
  });

  it.each(["builder", "cell", "cell-base"])("reach git, pip and curl of the container %s", (name) => {
    const { env, mounts } = podOf(site);
    const direct =
      "$(KUBERNETES_SERVICE_HOST),kubernetes.default.svc,.svc,.cluster.local,localhost,127.0.0.1,::1,builderpool-logs,.intern";
    const file = "/capsule/authorities.pem";
    expect(env(name)).toMatchObject({
      ...{ HTTPS_PROXY: proxy.https, https_proxy: proxy.https, HTTP_PROXY: proxy.http, http_proxy: proxy.http },
      ...{ NO_PROXY: direct, no_proxy: direct },
      ...{ SSL_CERT_FILE: file, GIT_SSL_CAINFO: file, PIP_CERT: file, REQUESTS_CA_BUNDLE: file, CURL_CA_BUNDLE: file },
    });
    expect(mounts(name)).toContainEqual({ name: "capsule", mountPath: "/capsule", readOnly: true });
  });

  it("reach the builder's own requests, and the log service keeps its own authority", () => {
    expect(podOf(site).env("builder")).toMatchObject({
      NODE_USE_ENV_PROXY: "1",
      NODE_EXTRA_CA_CERTS: "/capsule/authorities.pem",
    });
    const both = { ...site, logs: { ...site.logs, caConfigMap: "logs-ca" } };
    expect(podOf(both).env("builder")).toMatchObject({
      NODE_EXTRA_CA_CERTS: "/etc/builderpool-logs-ca/ca.crt",
      SSL_CERT_FILE: "/capsule/authorities.pem",
    });
    expect(podOf(both).env("capsule")).toEqual({ NODE_EXTRA_CA_CERTS: "/etc/builderpool-ca/ca.crt" });
  });

  it("have one meaning for git and Node", () => {
    const own = { http: proxy.http, noProxy: ["*.a.test", "b.test:8443"] };
    const { NO_PROXY, HTTPS_PROXY } = podOf({ ...site, proxy: own }).env("builder");
    expect([NO_PROXY?.split(",").slice(-4), HTTPS_PROXY]).toEqual([
      ["a.test", ".a.test", "b.test", ".b.test"],
      proxy.http,
    ]);
  });

  it("change nothing of a pod without them", () => {
    const plain = JSON.stringify(podTemplateOf(aPool(), setting, "r"));
    expect(JSON.stringify(podTemplateOf(aPool(), { ...setting, proxy: SiteProxy.parse({}) }, "r"))).toBe(plain);
    expect(plain).not.toMatch(/PROXY|SSL_CERT|authorities/);
  });

  it("contain no password, because every build could read it", () => {
    expect(SiteProxy.safeParse({ https: "http://me:secret@proxy:3128" }).success).toBe(false);
  });
});
