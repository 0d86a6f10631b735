import { describe, expect, it } from "vitest";
import { everything, type Rendered, rendered } from "./support/chart.ts";

const dns = {
  to: [{ namespaceSelector: {} }, { ipBlock: { cidr: "169.254.20.10/32" } }],
  ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))),
};

describe("the network of the chart", () => {
  const specOf = (objects: readonly Rendered[], kind: string, name: string) =>
    objects.find((one) => one.kind === kind && one.metadata.name === name)?.spec;

  it("is closed for operator and log service, except for their needs", async () => {
    const objects = await rendered();
    expect(specOf(objects, "NetworkPolicy", "builderpool-operator")).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ protocol: "TCP", port: 8080 }] }],
      egress: [
        dns,
        {
          ports: [
            { protocol: "TCP", port: 443 },
            { protocol: "TCP", port: 6443 },
          ],
        },
        { ports: [{ protocol: "TCP", port: 443 }] },
      ],
    });
    expect(specOf(objects, "NetworkPolicy", "builderpool-logs")).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ protocol: "TCP", port: 8080 }] }, { ports: [{ protocol: "TCP", port: 8081 }] }],
      egress: [dns, { ports: [{ port: 443 }, { port: 6443 }] }],
    });
    expect(specOf(objects, "Service", "builderpool-logs")?.["ports"]).toMatchObject([{ name: "http", port: 80 }]);
  });

  it("follows the values", async () => {
    const objects = await rendered(...everything);
    const api = { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }] };
    const github = { to: [{ ipBlock: { cidr: "140.82.112.0/20" } }] };
    const operator = specOf(objects, "NetworkPolicy", "builderpool-operator");
    expect(operator?.["egress"]).toEqual([dns, api, github]);
    expect(specOf(objects, "NetworkPolicy", "builderpool-logs")?.["egress"]).toEqual([dns, api]);
    const from = [{ podSelector: { matchLabels: { app: "prometheus" } } }];
    expect(operator?.["ingress"]).toEqual([{ ports: [{ protocol: "TCP", port: 8080 }], from }]);
    const text = JSON.stringify(specOf(objects, "Deployment", "builderpool-operator"));
    expect(text).toContain(
      String.raw`[{\"cidr\":\"192.0.2.0/24\",\"ports\":[{\"port\":443}]},{\"cidr\":\"10.0.0.1/32\"}]`,
    );
    expect(text).toContain("https://builderpool-logs.ci.svc");
    const logs = JSON.stringify(specOf(objects, "Deployment", "builderpool-logs"));
    expect(logs).toContain(
      "builderpool-logs,builderpool-logs.ci,builderpool-logs.ci.svc,builderpool-logs.ci.svc.cluster.local,ci.example.org,10.96.0.9,proxy.example.org",
    );
    expect(specOf(objects, "Service", "builderpool-logs")?.["ports"]).toMatchObject([{ name: "http", port: 443 }]);
    expect(specOf(objects, "ServiceMonitor", "builderpool-logs")?.["endpoints"]).toEqual([
      { port: "metrics", path: "/metrics" },
    ]);
    const links = JSON.stringify(specOf(objects, "ValidatingAdmissionPolicy", "builderpool-ci-log-links"));
    expect(links).toContain("variables.base == 'https://ci.example.org'");
  });

  it("is open on request", async () => {
    const objects = await rendered("--set", "network.policies=false");
    expect(objects.filter(({ kind }) => kind === "NetworkPolicy")).toEqual([]);
  });
});
