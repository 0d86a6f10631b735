import { describe, expect, it } from "vitest";
import type { Build } from "../../../../../src/api/objects/build.ts";
import { pendingReports } from "../../../../../src/core/report/post/pending.ts";
import { aPool } from "../../../../support/objects/pool.ts";
import { aBuild, aVerdict, link } from "../../../../support/objects/reportedBuild.ts";

describe("pendingReports", () => {
  const names = (builds: readonly Build[], spec: Parameters<typeof aPool>[0] = {}) =>
    pendingReports({ pools: [aPool(spec)], builders: [], builds });
  const done = aBuild({}, { phase: "Done", verdict: aVerdict() });

  it("returns the names of Builds with an unpublished verdict", () => {
    expect(names([done])).toEqual(["o2-build"]);
    expect(names([aBuild()])).toEqual([]);
  });

  it("returns nothing for a silent or a deleted pool", () => {
    expect(names([done], { silent: true })).toEqual([]);
    expect(pendingReports({ pools: [], builders: [], builds: [done] })).toEqual([]);
  });

  it("includes a verdict with a log that is not stored yet", () => {
    const waiting = aVerdict({ log: { path: "p", url: link, stored: false } });
    expect(names([aBuild({}, { phase: "Done", verdict: waiting })])).toEqual(["o2-build"]);
  });
});
