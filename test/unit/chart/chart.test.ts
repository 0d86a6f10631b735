import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Values } from "../../../scripts/generate/chart/values.ts";
import { Logs } from "../../../src/api/objects/pool/logs.ts";
import { bytes } from "../../../src/api/values/quantity.ts";
import { LogsEnvironment } from "../../../src/logs/environment.ts";
import { logMetrics } from "../../../src/logs/service/metrics.ts";
import { readEnvironment } from "../../../src/operator/environment.ts";
import { exportMetrics } from "../../../src/operator/metrics/export.ts";
import { metrics } from "../../../src/operator/metrics/table.ts";

const project = resolve(import.meta.dirname, "../../..");
const chart = join(project, "deploy/helm/builderpool");
const read = (path: string) => readFileSync(join(chart, path), "utf8");
const templates = readdirSync(join(chart, "templates"), { recursive: true, encoding: "utf8" });
const texts = new Map(templates.filter((name) => name.includes(".")).map((name) => [name, read(`templates/${name}`)]));
const defaults = Values.parse({});

/** Every path of the values, with branches: `logs`, `logs.volume`, `logs.volume.size`. */
function paths(value: object, before: readonly string[] = []): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...before, key];
    const isBranch = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return [path.join("."), ...(isBranch ? paths(inner, path) : [])];
  });
}

const used = [...texts.values()].flatMap((text) =>
  [...text.matchAll(/\.Values\.([A-Za-z0-9.]+)/g)].map((match) => match[1] ?? ""),
);

describe("the chart", () => {
  it("uses only values of its schema", () => {
    const known = new Set(paths(defaults));
    expect(used.filter((path) => !known.has(path))).toEqual([]);
  });

  it("has no unused value", () => {
    const placement = read("templates/_names.tpl");
    const isUsed = (path: string) =>
      used.some((one) => one === path || one.startsWith(`${path}.`) || (path.startsWith(`${one}.`) && isLeaf(one)));
    // Placement and metadata of pods are passed to one template as a whole. Resources are copied unchanged.
    const isLeaf = (one: string) => !["operator", "logs"].includes(one);
    const isPlaced = (path: string) => new RegExp(`(with |own)\\.${path.split(".").at(-1)} `).test(placement);
    const unused = paths(defaults).filter((path) => path !== "global" && !isUsed(path) && !isPlaced(path));
    expect(unused).toEqual([]);
  });

  it("has the version of the project", () => {
    const { version, appVersion } = parse(read("Chart.yaml"));
    const project_ = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect([version, appVersion]).toEqual([project_.version, project_.version]);
  });

  it("has the same log limits by default as the programs", () => {
    const pool = Logs.parse({});
    const service = LogsEnvironment.parse({ BUILDERPOOL_NAMESPACE: "ci" });
    expect(defaults.logs.keep).toBe(service.BUILDERPOOL_LOGS_KEEP);
    expect(defaults.logs.keep).toBe(pool.keep);
    expect(defaults.logs.maxSize).toBe(service.BUILDERPOOL_LOGS_MAX_SIZE);
    // A builder adds headings to the stored log.
    expect(bytes(defaults.logs.maxSize)).toBeGreaterThan(bytes(pool.maxSize) + 2 ** 20);
    expect(defaults.logs.audience).toBe(service.BUILDERPOOL_LOGS_AUDIENCE);
  });

  it("sets only variables that the log service reads, and every required one", () => {
    const set = [...(texts.get("logs.yaml") ?? "").matchAll(/- name: ([A-Z_]+)$/gm)].map((match) => match[1] ?? "");
    const known = Object.keys(LogsEnvironment.shape);
    expect(set.filter((name) => !known.includes(name) && name !== "NODE_EXTRA_CA_CERTS")).toEqual([]);
    expect(set).toContain("BUILDERPOOL_NAMESPACE");
  });

  it("sets only variables that the operator reads, and every required one", () => {
    const set = [...(texts.get("operator.yaml") ?? "").matchAll(/- name: ([A-Z_]+)$/gm)].map((match) => match[1] ?? "");
    const source = readFileSync(join(project, "src/operator/environment.ts"), "utf8");
    expect(set.filter((name) => !source.includes(`${name}: `))).toEqual([]);
    const likely = (name: string) =>
      name.endsWith("_URL")
        ? "http://logs"
        : name.endsWith("_LEVEL")
          ? "info"
          : name.endsWith("_EGRESS")
            ? "[]"
            : name.endsWith("_PROXY")
              ? "{}"
              : "x";
    const environment = readEnvironment(Object.fromEntries(set.map((name) => [name, likely(name)])));
    expect(texts.get("operator.yaml")).toContain(`containerPort: ${environment.port},`);
  });

  it("probes the ports of the programs", () => {
    const service = LogsEnvironment.parse({ BUILDERPOOL_NAMESPACE: "ci" });
    for (const [name, port] of [
      ["logs.yaml", "metrics"],
      ["operator.yaml", "http"],
    ] as const) {
      expect(texts.get(name)).toContain(
        `{ name: http, containerPort: ${service.BUILDERPOOL_LOGS_PORT}, protocol: TCP }`,
      );
      expect(texts.get(name)).toContain(`include "builderpool.probes" (dict "port" "${port}")`);
    }
    expect(defaults.logs.metricsPort).toBe(service.BUILDERPOOL_LOGS_METRICS_PORT);
    expect(
      [...read("templates/_names.tpl").matchAll(/path: (\S+), port: (.+) \}/g)].map(([, ...found]) => found),
    ).toEqual([
      ["/readyz", "{{ .port }}"],
      ["/livez", "{{ .port }}"],
    ]);
  });

  it("alerts on a missing operator by a metric that exists without any pool", async () => {
    const { groups } = parse(read("files/alerts.yaml"));
    const { expr } = groups[0].rules.find(({ alert }: { alert: string }) => alert === "BuilderPoolOperatorGone");
    const vitals = { residentBytes: 1, cpuSeconds: 1 };
    const { text } = await exportMetrics({ pools: [], builders: [], builds: [], budgets: [], vitals, now: 0 });
    expect(text).toContain(`\n${/^absent\((\w+)\{/.exec(expr)?.[1]} 1\n`);
  });

  it("shows one namespace in every panel of the dashboard", () => {
    const { panels, templating } = JSON.parse(read("files/dashboard.json"));
    const targets = panels.flatMap((panel: { targets?: readonly { expr: string }[] }) => panel.targets ?? []);
    const queries = targets.map(({ expr }: { expr: string }) => expr);
    expect(queries.length).toBeGreaterThan(8);
    for (const query of queries)
      for (const [selector] of query.matchAll(/builderpool_[a-z_]+(\{[^}]*\})?/g))
        expect(selector).toContain('namespace="$namespace"');
    expect(templating.list.map(({ name }: { name: string }) => name)).toEqual(["datasource", "namespace", "pool"]);
  });

  it("uses only existing metrics in alerts, and every metric in the dashboard", () => {
    const known = [...metrics, ...Object.values(logMetrics)].map(({ name }) => name);
    const shown = ["files/alerts.yaml", "files/dashboard.json"].flatMap((path) => [
      ...new Set(
        read(path)
          .match(/builderpool_[a-z_]+/g)
          ?.map((name) => name.replace(/_bucket$/, "")),
      ),
    ]);
    expect(shown.length).toBeGreaterThan(8);
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !read("files/dashboard.json").includes(name))).toEqual([]);
  });
});
