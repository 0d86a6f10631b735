import { describe, expect, it } from "vitest";
import { planReport } from "../../../../../../src/core/report/post/plan.ts";
import { recordStatus } from "../../../../../../src/core/report/post/record.ts";
import {
  aBuild,
  aReport,
  aVerdict,
  commitA,
  commitB,
  facts,
  link,
  monday,
  published,
  running,
} from "../../../../../support/objects/reportedBuild.ts";
import { plannedStatus } from "./plannedStatus.ts";

const minute = 60_000;

describe("report of a verdict", () => {
  it.each([
    ["Failure", "error", ""],
    ["Conflict", "error", "Please resolve merge conflicts"],
    ["TooBig", "error", "PR too big. Rejecting."],
    ["Skipped", "success", "skipped; no relevant changes"],
    ["DoctorError", "error", "aliBuild doctor error"],
  ] as const)("%s is %s, %j", (result, state, description) => {
    const build = aBuild({}, { phase: "Done", verdict: aVerdict({ result }), reported: aReport() });
    expect(plannedStatus(build)).toMatchObject({ state, description, url: link });
  });

  it("goes to its own commit, before announcements about a newer commit", () => {
    const build = aBuild(
      { commit: commitB, request: 2 },
      {
        ...running({}, { commit: commitB, request: 2 }),
        verdict: aVerdict(),
        reported: aReport(),
      },
    );
    expect(plannedStatus(build)).toMatchObject({ commit: commitA, state: "success" });
    const then = aBuild(build.spec, { ...build.status, reported: published("success") });
    expect(plannedStatus(then)).toMatchObject({ commit: commitB, state: "pending" });
    const now = aBuild(build.spec, { ...build.status, reported: aReport({ commit: commitB, request: 2 }) });
    expect(planReport(now, facts())).toEqual({});
  });

  it("is not lost when the next verdict comes before the report", () => {
    const build = aBuild(
      { commit: commitB, request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ commit: commitB, request: 2 }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(plannedStatus(build)).toMatchObject({ commit: commitA, state: "error" });
    const then = aBuild(build.spec, { ...build.status, reported: published("error", { writes: 1 }) });
    expect(plannedStatus(then)).toMatchObject({ commit: commitB, state: "success" });
  });

  it("covers only the newest verdict on a commit", () => {
    const build = aBuild(
      { request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ request: 2 }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(plannedStatus(build)).toMatchObject({ request: 2, state: "success" });
  });

  it("is not hidden by a later silent verdict", () => {
    const build = aBuild(
      { request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ request: 2, silent: true }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(plannedStatus(build)).toMatchObject({ request: 1, state: "error" });
  });

  it("waits ten minutes for its log and is then published with the final link", () => {
    const verdict = aVerdict({ log: { path: "p", url: link, stored: false } });
    const build = aBuild({}, { phase: "Done", verdict });
    expect(planReport(build, facts())).toEqual({ wait: 10 * minute });
    expect(planReport(build, facts({ logWaited: 9 * minute }))).toEqual({ wait: minute });
    expect(plannedStatus(build, { logWaited: 10 * minute })).toMatchObject({ state: "success", url: link });
  });

  it("is not retried after GitHub refused it", () => {
    const before = aBuild({}, { phase: "Done", verdict: aVerdict(), reported: aReport() });
    const planned = plannedStatus(before);
    const reported =
      planned && recordStatus(before.status?.reported, planned, { written: false, refused: "no such commit" }, monday);
    expect(reported).toMatchObject({ refused: "no such commit", writes: 1 });
    expect(planReport(aBuild({}, { ...before.status, ...(reported && { reported }) }), facts())).toEqual({});
  });
});
