import { describe, expect, it } from "vitest";
import type { Build } from "../../../../../src/api/objects/build.ts";
import { pendingReports } from "../../../../../src/core/report/post/pending.ts";
import { aPool } from "../../../../support/objects/pool.ts";
import { aBuild, aVerdict, link } from "../../../../support/objects/reportedBuild.ts";

describe("what is not reported yet", () => {
  const names = (builds: readonly Build[], spec: Parameters<typeof aPool>[0] = {}) =>
    pendingReports({ pools: [aPool(spec)], builders: [], builds });
  const done = aBuild({}, { phase: "Done", verdict: aVerdict() });

  it("is told by the names of the Builds", () => {
    expect(names([done])).toEqual(["o2-build"]);
    expect(names([aBuild()])).toEqual([]);
  });

  it("is nothing in silence, and nothing of a pool that is gone", () => {
    expect(names([done], { silent: true })).toEqual([]);
    expect(pendingReports({ pools: [], builders: [], builds: [done] })).toEqual([]);
  });

  it("counts a verdict whose log is on its way", () => {
    const waiting = aVerdict({ log: { path: "p", url: link, stored: false } });
    expect(names([aBuild({}, { phase: "Done", verdict: waiting })])).toEqual(["o2-build"]);
  });
});
