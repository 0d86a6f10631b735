import { describe, expect, it } from "vitest";
import { aBuild, aVerdict, commitA, link, published, running } from "../../../../../support/objects/reportedBuild.ts";
import { plannedStatus } from "./plannedStatus.ts";

describe("report of a recheck", () => {
  const failed = { reported: published("error"), verdict: aVerdict({ result: "Failure" }) };

  it("stays red, keeps the link and gives the start time for a failed commit", () => {
    expect(plannedStatus(aBuild({ group: "failed", request: 2 }, running(failed, { request: 2 })))).toEqual({
      state: "error",
      description: "Rechecking since Mon 19:12 CET on o2-3",
      url: link,
      commit: commitA,
      request: 2,
    });
  });

  it("is empty for a succeeded commit", () => {
    const succeeded = { reported: published("success"), verdict: aVerdict() };
    expect(
      plannedStatus(aBuild({ group: "succeeded", request: 2 }, running(succeeded, { request: 2 }))),
    ).toBeUndefined();
  });

  it("is empty if another tool wrote the red status, because its link would be lost", () => {
    expect(plannedStatus(aBuild({ group: "failed", request: 1 }, running()))).toBeUndefined();
  });

  it("ends with the verdict, even if the verdict is the same", () => {
    const reported = published("error", { request: 2, description: "Rechecking since Mon 19:12 CET on o2-3" });
    const verdict = aVerdict({ result: "Failure", request: 2 });
    const build = aBuild({ group: "failed", request: 2 }, { phase: "Done", verdict, reported });
    expect(plannedStatus(build)).toMatchObject({ state: "error", description: "", url: link, request: 2 });
  });

  it("ends with the verdict even if GitHub should have it, because a person may have cleared it", () => {
    const verdict = aVerdict({ request: 2 });
    expect(
      plannedStatus(aBuild({ request: 2 }, { phase: "Done", verdict, reported: published("success") })),
    ).toBeDefined();
  });

  it("W-4: announces nothing after 900 statuses, to leave room for verdicts", () => {
    const many = { ...failed, reported: published("error", { writes: 900 }) };
    expect(plannedStatus(aBuild({ group: "failed", request: 2 }, running(many, { request: 2 })))).toBeUndefined();
    const verdict = aVerdict({ request: 2 });
    expect(plannedStatus(aBuild({ request: 2 }, { phase: "Done", verdict, reported: many.reported }))).toBeDefined();
  });
});
