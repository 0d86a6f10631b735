import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/operator/environment.ts";
import { everything, rendered } from "./support/chart.ts";

const podsOf = async (...args: string[]) =>
  (await rendered(...args)).filter(({ kind }) => kind === "Deployment").map(({ spec }) => JSON.stringify(spec));

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly object[];
}

describe("the pods of the chart", () => {
  it("use the proxy of the site, but not for API server, log service and names of the cluster", async () => {
    const direct =
      "$(KUBERNETES_SERVICE_HOST),kubernetes.default.svc,.svc,.cluster.local,localhost,127.0.0.1,::1,builderpool-logs.ci.svc,.example.org";
    const pods = await podsOf(...everything);
    for (const pod of pods) {
      expect(pod).toContain('{"name":"NODE_USE_ENV_PROXY","value":"1"}');
      expect(pod).toContain('{"name":"HTTPS_PROXY","value":"http://proxy.example.org:3128"}');
      expect(pod).toContain('{"name":"HTTP_PROXY","value":"https://proxy.example.org/"}');
      expect(pod).toContain(JSON.stringify({ name: "NO_PROXY", value: direct }));
    }
    for (const pod of await podsOf()) expect(pod).not.toContain("PROXY");
  });

  it("hand proxy and authorities of the site to the builders", async () => {
    const objects = await rendered(...everything);
    const { spec } =
      objects.find(({ kind, metadata }) => kind === "Deployment" && /operator/.test(metadata.name)) ?? {};
    const { template } = spec as {
      readonly template: { readonly spec: { readonly containers: readonly Container[] } };
    };
    const [container] = template.spec.containers;
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value = "x" }) => [name, value]));
    expect(env["NODE_EXTRA_CA_CERTS"]).toBe("/etc/builderpool-ca/ca.crt");
    expect(container?.volumeMounts).toContainEqual({
      mountPath: "/etc/builderpool-ca",
      name: "site-authorities",
      readOnly: true,
    });
    expect(readEnvironment(env).setting).toMatchObject({
      proxy: { https: "http://proxy.example.org:3128", http: "https://proxy.example.org/", noProxy: [".example.org"] },
      caConfigMap: "site-ca",
    });
  });

  it("let the operator reach the port of the proxy", async () => {
    const values = ["--set", "proxy.https=http://proxy:3128,proxy.http=http://other"];
    const policies = (await rendered(...values)).filter(({ kind }) => kind === "NetworkPolicy");
    const text = JSON.stringify(policies.find(({ metadata }) => metadata.name === "builderpool-operator")?.spec);
    const ports = [443, 3128, 80].map((port) => ({ protocol: "TCP", port }));
    expect(text).toContain(JSON.stringify({ ports }));
  });

  it.each([
    ["proxy.https=http://me:secret@proxy:3128", "/proxy/https"],
    ["proxy.http=proxy:3128", "/proxy/http"],
    ["proxy.noProxy[0]=a b", "/proxy/noProxy/0"],
  ])("have no proxy from %s", async (value, place) => {
    await expect(rendered("--set", value)).rejects.toThrow(place);
  });
});
