import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { poolConditions } from "../../../../src/api/objects/reasons.ts";
import { attention, isBad } from "../../../../src/cli/output/attention.ts";
import { renderScreen, type ScreenState } from "../../../../src/cli/up/screen.ts";
import { showChanges } from "../../../../src/cli/up/watch.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aBuild, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const stored = (name: string, phase: "Ready" | "Warming") => ({
  ...aBuilder(name, { phase }),
  metadata: { ...aPool().metadata, name },
});
const seen: ScreenState = {
  pools: [aPool()],
  builders: Array.from({ length: 30 }, (_, index) => stored(`o2-${index}`, "Ready")),
  builds: Array.from({ length: 90 }, (_, index) =>
    withVerdict("Failure", { number: index + 1, title: "A title ".repeat(20) }),
  ),
  attention: ["o2: GitHub answered 401 ".repeat(12)],
  news: Array.from({ length: 50 }, (_, index) => `12:00:00  news ${index}`),
  foot: ["logs and result pages: http://127.0.0.1:8089"],
};
const linesOf = (what: ScreenState, width: number, height: number) =>
  stripVTControlCharacters(renderScreen(what, noon, width, height)).split("\n");

describe("the live table", () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 50],
  ])("fits a terminal of %i columns and %i lines with any content", (width, height) => {
    const lines = linesOf(seen, width, height);
    expect(lines.length).toBe(height);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.at(-1)).toBe("logs and result pages: http://127.0.0.1:8089");
  });

  it("drops the least important columns on a narrow terminal, but never the verdict", () => {
    const heading = (width: number) => linesOf(seen, width, 40).find((line) => line.startsWith("CHECK"));
    expect(heading(200)).toMatch(/^CHECK +PR +COMMIT +PHASE +BUILDER +VERDICT +WAITING +TITLE$/);
    expect(heading(50)).toMatch(/^CHECK +PR +PHASE +VERDICT/);
  });

  it("shows every verdict whole from 60 columns on, whatever the names", () => {
    const long = { check: "build/AliceO2Group/AliceO2/o2-dataflow-cs8", repository: "a-long-owner/a-long-repository" };
    const builds = [withVerdict("Failure", { ...long, number: 12_345, title: "Success  Skipped" })];
    for (let width = 60; width <= 200; width += 1) {
      const line = linesOf({ ...seen, builds }, width, 40).find((one) => one.startsWith("build/"));
      expect(line).toMatch(/#12345 .*Failure/);
      expect(line?.length).toBeLessThanOrEqual(width);
    }
  });

  it("shows the number of missing rows and the command for the full table", () => {
    expect(linesOf(seen, 120, 40)).toContainEqual(expect.stringMatching(/^… and \d+ more: builderpool get builders$/));
    expect(linesOf(seen, 120, 40)).toContainEqual(expect.stringMatching(/^… and \d+ more: builderpool get builds$/));
  });

  it("fills the remaining lines with news", () => {
    const few = { ...seen, builders: seen.builders.slice(0, 2), builds: seen.builds.slice(0, 2), attention: [] };
    const lines = linesOf(few, 120, 40);
    expect(lines).toHaveLength(40);
    expect(lines.filter((line) => line.includes("news")).length).toBeGreaterThan(20);
    expect(lines.at(-3)).toBe("12:00:00  news 49");
  });
});

describe("problems that need attention", () => {
  it("share one line for builders with the same problem", () => {
    const warmup = { done: 4, total: 7, progressAt: iso(noon), failures: ["No space is left"] };
    const cold = ["o2-0", "o2-1", "o2-2", "o2-3"].map((name) => aBuilder(name, { phase: "Warming", warmup }));
    expect(attention({ builders: cold })).toEqual(["o2-0, o2-1, o2-2 and 1 more: no space is left"]);
  });

  it("exclude a stopped builder and a build during its retry", () => {
    const trouble = { reason: "DiskFull", message: "No space", builder: "o2-0", count: 1, at: iso(noon) } as const;
    expect(attention({ builders: [aBuilder("o2-0", { phase: "Drained", message: "It was stopped" })] })).toEqual([]);
    expect(attention({ builds: [aBuild({}, { phase: "Running", trouble })] })).toEqual([]);
    expect(attention({ builds: [aBuild({}, { phase: "Queued", trouble })] })).toEqual([
      "build/O2/o2 o/r#1: DiskFull on o2-0: no space",
    ]);
  });

  it("include unhealthy conditions, but not unknown or expected ones", () => {
    const bad = Object.keys(poolConditions).flatMap((type) =>
      (["True", "False", "Unknown"] as const).filter((status) => isBad({ type, status })).map((is) => `${type} ${is}`),
    );
    expect(bad).toEqual([
      "Stalled True",
      "Conflict True",
      "GitHubReachable False",
      "DefinitionsValid False",
      "BasesUsable False",
    ]);
  });
});

describe("plain lines", () => {
  it("cannot control the terminal, even with control characters in a title", () => {
    let output = "";
    const show = showChanges({ write: (text) => (output += text) }, fakeClock());
    show.build(aBuild({ title: "\u001b]0;owned\u0007 \u202eevil" }));
    expect(output).toMatch(/^\S{8} {2}build\/O2\/o2 o\/r#1: waits: �\]0;owned� �evil\n$/);
  });

  it("do not report the end of pools and builders as a problem", () => {
    let output = "";
    const show = showChanges({ write: (text) => (output += text) }, fakeClock());
    show.builder(stored("o2-0", "Ready"));
    show.ending();
    output = "";
    show.builder({ ...stored("o2-0", "Ready"), ...aBuilder("o2-0", { phase: "Lost" }), metadata: aPool().metadata });
    expect(output).toBe("");
  });
});
