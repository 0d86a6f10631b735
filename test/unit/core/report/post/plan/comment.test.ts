import { describe, expect, it } from "vitest";
import type { Build } from "../../../../../../src/api/objects/build.ts";
import { planReport } from "../../../../../../src/core/report/post/plan.ts";
import { recordComment } from "../../../../../../src/core/report/post/record.ts";
import { aBuild, aReport, aVerdict, commitB, facts, published } from "../../../../../support/objects/reportedBuild.ts";

describe("planned comment", () => {
  const failed = { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) } as const;
  const comment = (build: Build, comments = true) =>
    planReport(build, facts({ wantsComments: () => comments })).comment;

  it("accompanies the status of a failed build if the check wants comments", () => {
    expect(comment(aBuild({}, failed))?.body).toContain("x: error: y");
    expect(comment(aBuild({}, failed), false)).toBeUndefined();
    expect(comment(aBuild({}, { ...failed, verdict: aVerdict() }))).toBeUndefined();
  });

  it("is planned alone when GitHub already has the status", () => {
    const plan = planReport(
      aBuild({}, { ...failed, reported: published("error") }),
      facts({ wantsComments: () => true }),
    );
    expect(Object.keys(plan)).toEqual(["comment"]);
  });

  it("is rewritten for other errors, not for another time", () => {
    const first = comment(aBuild({}, failed));
    const reported = first && recordComment(published("error"), first, { written: true });
    const rebuilt = (excerpt: string) =>
      aBuild(
        { group: "failed", request: 2 },
        {
          phase: "Done",
          verdict: aVerdict({ result: "Failure", request: 2, excerpt, finishedAt: "2026-11-24T10:00:00.000Z" }),
          ...(reported && { reported }),
        },
      );
    expect(comment(rebuilt("x: error: y"))).toBeUndefined();
    expect(comment(rebuilt("x: error: z"))?.body).toContain("x: error: z");
  });

  it("W-8: about a pull request that is too big is written only if comments are wanted", () => {
    const big = { ...failed, verdict: aVerdict({ result: "TooBig" }) };
    expect(comment(aBuild({}, big))?.body).toContain("exceeded the allowed size");
    expect(comment(aBuild({}, big), false)).toBeUndefined();
  });

  it("is not written for an outdated commit", () => {
    const reported = aReport({ commit: commitB, request: 2 });
    expect(comment(aBuild({ commit: commitB, request: 2 }, { ...failed, reported }))).toBeUndefined();
  });
});
