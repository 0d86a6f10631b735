import { describe, expect, it } from "vitest";
import type { Build } from "../../../../../../src/api/objects/build.ts";
import { planReport } from "../../../../../../src/core/report/post/plan.ts";
import { recordComment } from "../../../../../../src/core/report/post/record.ts";
import { aBuild, aReport, aVerdict, commitB, facts, published } from "../../../../../support/objects/reportedBuild.ts";

describe("the comment", () => {
  const failed = { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) } as const;
  const comment = (build: Build, comments = true) =>
    planReport(build, facts({ wantsComments: () => comments })).comment;

  it("goes with the status of a failed build, where the check wants comments", () => {
    expect(comment(aBuild({}, failed))?.body).toContain("x: error: y");
    expect(comment(aBuild({}, failed), false)).toBeUndefined();
    expect(comment(aBuild({}, { ...failed, verdict: aVerdict() }))).toBeUndefined();
  });

  it("is tried again alone when GitHub has the status already", () => {
    const plan = planReport(
      aBuild({}, { ...failed, reported: published("error") }),
      facts({ wantsComments: () => true }),
    );
    expect(Object.keys(plan)).toEqual(["comment"]);
  });

  it("is rewritten when the errors are others, not when only the time is", () => {
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

  it("W-8: about an excess of size comes only where comments are wanted", () => {
    const big = { ...failed, verdict: aVerdict({ result: "TooBig" }) };
    expect(comment(aBuild({}, big))?.body).toContain("exceeded the allowed size");
    expect(comment(aBuild({}, big), false)).toBeUndefined();
  });

  it("is not for a commit that has a successor on GitHub already", () => {
    const reported = aReport({ commit: commitB, request: 2 });
    expect(comment(aBuild({ commit: commitB, request: 2 }, { ...failed, reported }))).toBeUndefined();
  });
});
