import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import type { Condition } from "../../../../src/api/objects/metadata.ts";
import { builderLines, buildLines, poolLines, waitingLine } from "../../../../src/cli/up/lines.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const warmup = { done: 4, total: 7, doing: "Testing aliBuild 99.0.1", progressAt: iso(noon) };
const failure = "Testing aliBuild 99.0.1: aliBuild 99.0.1 cannot be installed";

describe("news of a builder", () => {
  it("show each step of the warm-up once", () => {
    const testing = aBuilder("o2-0", { phase: "Warming", warmup });
    expect(builderLines(aBuilder("o2-0", { phase: "Pending" }), testing)).toEqual([
      "o2-0: warming up, 4 of 7: testing aliBuild 99.0.1",
    ]);
    expect(builderLines(testing, testing)).toEqual([]);
  });

  it("show the reason for a retry of a warm-up step once", () => {
    const testing = aBuilder("o2-0", { phase: "Warming", warmup });
    const failed = aBuilder("o2-0", {
      phase: "Warming",
      warmup: { ...warmup, retryAt: "2026-01-05T12:00:40.000Z", failures: [failure] },
    });
    const again = aBuilder("o2-0", { phase: "Warming", warmup: { ...warmup, failures: [failure] } });
    expect(builderLines(testing, failed)).toEqual([
      "o2-0: testing aliBuild 99.0.1: aliBuild 99.0.1 cannot be installed; next try at 12:00:40 UTC",
    ]);
    expect([...builderLines(failed, again), ...builderLines(again, failed)]).toEqual([]);
  });

  it("read as one sentence", () => {
    const ready = aBuilder("o2-0", { phase: "Ready" });
    expect(builderLines(ready, aBuilder("o2-0", { phase: "Drained", message: "It was stopped" }))).toEqual([
      "o2-0: drained: it was stopped",
    ]);
    expect(builderLines(ready, aBuilder("o2-0", { phase: "Lost", message: "GitHub is a name" }))).toEqual([
      "o2-0: lost: GitHub is a name",
    ]);
  });
});

describe("the line about work that waits", () => {
  const left = "16 of 16 builds are not done";
  const retrying = aBuilder("o2-0", {
    phase: "Warming",
    warmup: { ...warmup, retryAt: "2026-01-05T12:00:40.000Z", failures: [failure] },
  });
  it.each<[string, readonly Builder[], string]>([
    ["nothing more while builders build", [aBuilder("o2-0")], ""],
    [
      "the step of a warm-up",
      [aBuilder("o2-0", { phase: "Warming", warmup })],
      "; o2-0: warming up, 4 of 7: testing aliBuild 99.0.1",
    ],
    [
      "the failure of a warm-up, and the next try",
      [retrying],
      "; o2-0: testing aliBuild 99.0.1: aliBuild 99.0.1 cannot be installed; next try at 12:00:40 UTC",
    ],
    [
      "the number of further reasons",
      [retrying, aBuilder("o2-1", { phase: "Quarantined", message: "The self-test fails" })],
      "; o2-0: testing aliBuild 99.0.1: aliBuild 99.0.1 cannot be installed; next try at 12:00:40 UTC (and 1 more)",
    ],
  ])("has %s", (_, seen, reason) => {
    expect(waitingLine(left, { pools: [], builders: seen }, noon)).toBe(`waiting: ${left}${reason}`);
  });

  it("has the reason of an idle builder that leaves a build to another", () => {
    const builds = [aBuild({ requestedAt: iso(noon - 240_000) }, { tree: "o2-0" }), heldBy("o2-0", { number: 2 })];
    const objects = { pools: [aPool()], builders: builders(2), builds };
    expect(waitingLine(left, objects, noon)).toContain("; o2-1: one build waits for a preferred builder");
  });
});

describe("news of a build", () => {
  const url = "http://localhost/pretty.html";
  const reported = {
    commit: sha(0),
    request: 1,
    state: "error",
    description: "",
    url,
    at: iso(noon),
    writes: 2,
  } as const;

  it("link a failed verdict to its page", () => {
    const withPage = (build: Stored<"Build">) => ({
      ...build,
      ...(build.status?.verdict && {
        status: { ...build.status, verdict: { ...build.status.verdict, log: { path: "a/b", url, stored: true } } },
      }),
    });
    const failed = withPage(withVerdict("Failure"));
    expect(buildLines(aBuild(), failed).at(0)).toMatch(
      /#1: Failure after \S+ on o2-0: http:\/\/localhost\/pretty.html$/,
    );
    const good = withPage(withVerdict("Success"));
    expect(buildLines(aBuild(), good).at(0)).toMatch(/#1: Success after \S+ on o2-0$/);
  });

  it("report a status that GitHub refused", () => {
    const refused = "GitHub answered 403: the token may not write statuses";
    expect(buildLines(aBuild(), aBuild({}, { reported }))).toEqual(["build/O2/o2 o/r#1: GitHub shows error"]);
    expect(buildLines(aBuild(), aBuild({}, { reported: { ...reported, refused } }))).toEqual([
      `build/O2/o2 o/r#1: GitHub refused error: ${refused}`,
    ]);
  });
});

describe("news of a pool", () => {
  const withConditions = (...conditions: readonly Pick<Condition, "type" | "status" | "message">[]) => ({
    ...aPool(),
    status: {
      ...aPool().status,
      conditions: conditions.map((one) => ({ ...one, reason: "Any", lastTransitionTime: iso(noon) })),
    },
  });

  it("show changed conditions as sentences, and only problems at first sight", () => {
    const fine = { type: "Available", status: "False", message: "0 of 3 builders are ready" } as const;
    const bad = { type: "GitHubReachable", status: "False", message: "The list is old" } as const;
    expect(poolLines(undefined, withConditions(fine, bad))).toEqual(["o2: the list is old"]);
    expect(poolLines(withConditions(fine), withConditions({ ...fine, status: "True", message: "All are" }))).toEqual([
      "o2: all are",
    ]);
  });
});
