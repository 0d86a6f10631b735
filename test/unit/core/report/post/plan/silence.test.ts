import { describe, expect, it } from "vitest";
import type { Build } from "../../../../../../src/api/objects/build.ts";
import { planReport } from "../../../../../../src/core/report/post/plan.ts";
import { aBuild, aReport, aTrouble, aVerdict, facts, running } from "../../../../../support/objects/reportedBuild.ts";
import { plannedStatus } from "./plannedStatus.ts";

describe("silent mode", () => {
  const everything: readonly Build[] = [
    aBuild({}, running()),
    aBuild({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) }),
    aBuild({ blocked: { reason: "Untrusted", message: "m" } }),
    aBuild({}, { trouble: aTrouble(), reported: aReport() }),
  ];

  it("W-22: of a pool or check publishes nothing in any case", () => {
    for (const build of everything) {
      expect(planReport(build, facts({ silent: false, wantsComments: () => true }))).not.toEqual({});
      expect(planReport(build, facts({ silent: true, wantsComments: () => true }))).toEqual({});
    }
  });

  it("of a builder announces nothing, and its verdicts are not published", () => {
    const quiet = { isSilentBuilder: (name: string) => name === "o2-3" };
    expect(plannedStatus(aBuild({}, running()), quiet)).toBeUndefined();
    expect(plannedStatus(aBuild({}, { trouble: aTrouble(), reported: aReport() }), quiet)).toBeUndefined();
    expect(plannedStatus(aBuild({}, { phase: "Done", verdict: aVerdict({ silent: true }) }))).toBeUndefined();
    expect(plannedStatus(aBuild({}, running({}, { builder: "o2-4" })), quiet)).toBeDefined();
  });
});
