import { describe, expect, it } from "vitest";
import { buildList } from "../../../../src/cli/commands/get.ts";
import { aBuild, heldBy, withVerdict } from "../../../support/objects/build.ts";
import { noon } from "../../../support/objects/moment.ts";

describe("the list of builds", () => {
  const builds = [
    withVerdict("Failure", { number: 3, group: "failed" }),
    aBuild({ number: 2, blocked: { reason: "Draft", message: "It is a draft" } }),
    heldBy("o2-1", { number: 12 }),
    aBuild({ number: 1, requestedAt: "2026-01-05T11:00:00Z", title: "" }),
    aBuild({ number: 4, group: "succeeded", request: 0 }),
  ];
  const rows = (all: typeof builds) =>
    buildList(all, "table", noon)
      .split("\n")
      .map((line) => line.split(/ {2,}/));

  it("shows every group, also drafts, in a fixed order", () => {
    const shown = rows(builds);
    expect(shown.map(([, pullRequest, , phase]) => `${pullRequest} ${phase}`)).toEqual([
      "PR PHASE",
      "o/r#1 Queued",
      "o/r#2 Blocked: Draft",
      "o/r#3 Done",
      "o/r#4 Queued",
      "o/r#12 Running",
    ]);
    expect(rows(builds.toReversed())).toEqual(shown);
  });

  it("P-9: has the same number of columns in every line, also with empty cells", () => {
    expect(new Set(rows(builds).map((cells) => cells.length))).toEqual(new Set([8]));
  });

  it("P-10: reports an empty list", () => {
    expect(buildList([], "table", noon)).toBe("nothing found");
    expect(JSON.parse(buildList([], "json", noon))).toEqual({ apiVersion: "v1", kind: "List", items: [] });
  });

  it("W-34: shows all builds of a long list, without optional fields", () => {
    const many = Array.from({ length: 250 }, (_, index) => aBuild({ number: index + 1 }));
    expect(rows(many)).toHaveLength(251);
  });
});
