import { describe, expect, it } from "vitest";
import { planReport } from "../../../../../../src/core/report/post/plan.ts";
import {
  aBuild,
  aReport,
  aTrouble,
  aVerdict,
  commitA,
  commitB,
  facts,
  link,
  published,
  running,
} from "../../../../../support/objects/reportedBuild.ts";
import { plannedStatus } from "./plannedStatus.ts";

describe("report of an untested commit", () => {
  it("W-15: is empty while the build waits or is only claimed", () => {
    expect(planReport(aBuild(), facts())).toEqual({});
    expect(planReport(aBuild({}, running({ phase: "Claimed" })), facts())).toEqual({});
  });

  it("is pending, with time and builder, while the build runs", () => {
    expect(plannedStatus(aBuild({}, running()))).toEqual({
      state: "pending",
      description: "Started Mon 19:12 CET on o2-3",
      url: "",
      commit: commitA,
      request: 1,
    });
  });

  it("is written once, even if another builder takes over", () => {
    expect(
      plannedStatus(aBuild({}, running({ reported: aReport() }, { builder: "o2-9", attempt: 2 }))),
    ).toBeUndefined();
  });

  it("ignores a claim of an earlier commit or request", () => {
    expect(plannedStatus(aBuild({ commit: commitB }, running()))).toBeUndefined();
    expect(plannedStatus(aBuild({ request: 2 }, running()))).toBeUndefined();
  });

  it("is written again for a requested rebuild", () => {
    const rebuild = running({ reported: published("success"), verdict: aVerdict() }, { request: 2 });
    expect(plannedStatus(aBuild({ request: 2 }, rebuild))?.description).toBe("Started Mon 19:12 CET on o2-3");
  });

  it("is only the verdict if the build finished before its start was reported", () => {
    const build = aBuild({}, { phase: "Done", verdict: aVerdict() });
    expect(plannedStatus(build)).toEqual({ state: "success", description: "", url: link, commit: commitA, request: 1 });
  });

  it("reports an infrastructure failure once per request", () => {
    const queued = aBuild({}, { trouble: aTrouble(), reported: aReport() });
    expect(plannedStatus(queued)).toMatchObject({
      state: "pending",
      description: "Retrying, not the pull request's fault: a repository could not be fetched on o2-3",
    });
    const again = aTrouble({ reason: "DiskFull", builder: "o2-4", count: 2 });
    const reported = aReport({ description: "Retrying, not the pull request's fault: x on o2-3" });
    expect(plannedStatus(aBuild({}, { trouble: again, reported }))).toBeUndefined();
    expect(plannedStatus(aBuild({}, running({ trouble: again, reported })))).toBeUndefined();
  });

  it.each(["Drained", "Superseded", "Preempted"] as const)("does not report a requeue: %s", (reason) => {
    expect(plannedStatus(aBuild({}, { trouble: aTrouble({ reason }), reported: aReport() }))).toBeUndefined();
  });
});
