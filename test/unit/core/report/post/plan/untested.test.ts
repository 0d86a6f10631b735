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

describe("the report of an untested commit", () => {
  it("W-15: is nothing while it waits or is only claimed", () => {
    expect(planReport(aBuild(), facts())).toEqual({});
    expect(planReport(aBuild({}, running({ phase: "Claimed" })), facts())).toEqual({});
  });

  it("is pending, with the time and the builder, once it runs", () => {
    expect(plannedStatus(aBuild({}, running()))).toEqual({
      state: "pending",
      description: "Started Mon 19:12 CET on o2-3",
      url: "",
      commit: commitA,
      request: 1,
    });
  });

  it("is written once, although another builder takes over", () => {
    expect(
      plannedStatus(aBuild({}, running({ reported: aReport() }, { builder: "o2-9", attempt: 2 }))),
    ).toBeUndefined();
  });

  it("is not about a claim of an earlier commit or request", () => {
    expect(plannedStatus(aBuild({ commit: commitB }, running()))).toBeUndefined();
    expect(plannedStatus(aBuild({ request: 2 }, running()))).toBeUndefined();
  });

  it("is written again for a rebuild that somebody asked for", () => {
    const asked = running({ reported: published("success"), verdict: aVerdict() }, { request: 2 });
    expect(plannedStatus(aBuild({ request: 2 }, asked))?.description).toBe("Started Mon 19:12 CET on o2-3");
  });

  it("is the verdict alone when the build ended before its start was reported", () => {
    const build = aBuild({}, { phase: "Done", verdict: aVerdict() });
    expect(plannedStatus(build)).toEqual({ state: "success", description: "", url: link, commit: commitA, request: 1 });
  });

  it("says once for each request that an attempt failed through no fault of the pull request", () => {
    const queued = aBuild({}, { trouble: aTrouble(), reported: aReport() });
    expect(plannedStatus(queued)).toMatchObject({
      state: "pending",
      description: "Retrying, not the pull request's fault: a repository could not be fetched on o2-3",
    });
    const again = aTrouble({ reason: "DiskFull", builder: "o2-4", count: 2 });
    const said = aReport({ description: "Retrying, not the pull request's fault: x on o2-3" });
    expect(plannedStatus(aBuild({}, { trouble: again, reported: said }))).toBeUndefined();
    expect(plannedStatus(aBuild({}, running({ trouble: again, reported: said })))).toBeUndefined();
  });

  it.each(["Drained", "Superseded", "Preempted"] as const)("does not mention that it was put back: %s", (reason) => {
    expect(plannedStatus(aBuild({}, { trouble: aTrouble({ reason }), reported: aReport() }))).toBeUndefined();
  });
});
