import { Histogram } from "prom-client";
import { describe, expect, it } from "vitest";
import { exportMetrics } from "../../../../src/operator/metrics/export.ts";
import { stallMetric } from "../../../../src/operator/metrics/stalls.ts";
import { type MetricsInput, metrics } from "../../../../src/operator/metrics/table.ts";
import { createTally } from "../../../../src/operator/metrics/tally.ts";
import { aBuild, heldBy } from "../../../support/objects/build.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const pool = (status: object) => ({ ...aPool(), status });
const input = (changes: Partial<MetricsInput> = {}): MetricsInput => ({
  pools: [pool({ queued: 1, listings: [{ repository: "o/r", branch: "master", stale: false }] })],
  builders: [aBuilder("o2-0"), aBuilder("o2-1", { phase: "Warming" })],
  builds: [],
  budgets: [],
  now: noon,
  ...changes,
});
const lines = async (changes?: Partial<MetricsInput>) =>
  (await exportMetrics(input(changes))).text.split("\n").filter((line) => !line.startsWith("#"));

describe("the metrics", () => {
  it("count builders by phase and pull requests by state", async () => {
    const builds = [aBuild({ number: 1 }), aBuild({ number: 2 }), heldBy("o2-0", { number: 3 })];
    const found = await lines({ builds });
    expect(found).toContain('builderpool_builders{pool="o2",phase="Ready"} 1');
    expect(found).toContain('builderpool_builders{pool="o2",phase="Warming"} 1');
    expect(found.filter((line) => line.startsWith("builderpool_builds{"))).toEqual([
      expect.stringMatching(/state="waiting"} 2$/),
      expect.stringMatching(/state="building"} 1$/),
    ]);
  });

  it("give the waiting time of the oldest pull request, and 0 when none waits", async () => {
    const wait = async (build: ReturnType<typeof aBuild>) =>
      (await lines({ builds: [build] })).find((line) => line.startsWith("builderpool_oldest_wait_seconds"));
    expect(await wait(aBuild({ waitingSince: iso(noon - 90_000) }))).toMatch(/ 90$/);
    expect(await wait(heldBy("o2-0"))).toMatch(/ 0$/);
  });

  it("are absent for an unknown queue, so that an outage does not look like an empty queue", async () => {
    const stale = pool({ listings: [{ repository: "o/r", branch: "master", stale: true }] });
    const found = await lines({ pools: [stale], builds: [aBuild()] });
    expect(found.filter((line) => /builds|oldest/.test(line))).toEqual([]);
    expect(found).toContain('builderpool_listing_fresh{pool="o2",repository="o/r",branch="master"} 0');
  });

  it("W-42: have escaped labels with few values and come from the objects, so that a killed build counts too", async () => {
    const found = await lines({ builds: [aBuild({ check: 'a"b\\c' })] });
    expect(found.find((line) => line.includes("waiting"))).toContain('check="a\\"b\\\\c"');
    expect(new Set(metrics.flatMap(({ labels }) => labels))).toEqual(
      new Set([
        "pool",
        "phase",
        "check",
        "repository",
        "state",
        "branch",
        "type",
        "builder",
        "resource",
        "kind",
        "fact",
      ]),
    );
  });

  it("count the events of watches in a cluster", async () => {
    const { count, counts } = createTally();
    for (const fact of ["Listed", "Opened", "Failed", "Opened"]) count(fact, "Pod");
    const { text } = await exportMetrics(input({ watches: counts() }));

    expect(text).toContain("# TYPE builderpool_watch_total counter");
    expect(text).toContain('builderpool_watch_total{kind="Pod",fact="Opened"} 2');
    expect((await lines()).filter((line) => line.includes("watch"))).toEqual([]);
  });

  it("give the smallest remaining budget of several, and the full limit after a reset", async () => {
    const budget = { resource: "core", limit: 5000, remaining: 4000, used: 1000, resetAt: noon + 1 } as const;
    const remaining = async (...budgets: MetricsInput["budgets"]) =>
      (await lines({ budgets })).find((line) => line.startsWith("builderpool_github_remaining"));
    expect(await remaining(budget, { ...budget, remaining: 12 })).toMatch(/ 12$/);
    expect(await remaining(budget, { ...budget, remaining: 12, resetAt: noon })).toMatch(/ 4000$/);
    expect(await remaining({ ...budget, remaining: 12, resetAt: noon })).toMatch(/ 5000$/);
  });

  it("follow the Prometheus naming rules, each with a help text", () => {
    for (const { name, help, labels } of metrics) {
      expect(name).toMatch(/^builderpool_[a-z_]+$/);
      expect(help.length).toBeGreaterThan(20);
      expect(labels.length > 0).toBe(!name.startsWith("builderpool_operator_"));
    }
  });

  it("give the memory, CPU time and stalls of the operator's own process", async () => {
    const vitals = { residentBytes: 9e7, cpuSeconds: 12.5 };
    const stalls = new Histogram({ ...stallMetric, buckets: [0.1, 1], registers: [] });
    stalls.observe(0.04);
    stalls.observe(0.4);
    await lines({ vitals, stalls });
    const found = await lines({ vitals, stalls }); // A scrape resets nothing.
    expect(found).toContain('builderpool_operator_stall_seconds_bucket{le="0.1"} 1');
    expect(found).toContain('builderpool_operator_stall_seconds_bucket{le="+Inf"} 2');
    expect(found).toContain("builderpool_operator_stall_seconds_count 2");
    expect(found).toContain("builderpool_operator_resident_bytes 90000000");
    expect(found).toContain("builderpool_operator_cpu_seconds_total 12.5");
    expect((await lines()).filter((line) => /operator/.test(line))).toEqual([]);
  });
});
