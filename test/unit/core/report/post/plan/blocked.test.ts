import { describe, expect, it } from "vitest";
import { recordStatus } from "../../../../../../src/core/report/post/record.ts";
import {
  aBuild,
  aReport,
  aVerdict,
  link,
  monday,
  published,
  running,
} from "../../../../../support/objects/reportedBuild.ts";
import { plannedStatus } from "./plannedStatus.ts";

describe("report of a blocked Build", () => {
  const blocked = (reason: "Untrusted" | "Draft" | "PoolDeleted" | "OwnedByAnotherPool") => ({
    blocked: { reason, message: "m" },
  });

  it("P-11: requests approval once for an untested commit of an untrusted author", () => {
    const untrusted = aBuild({ ...blocked("Untrusted"), request: 0 });
    expect(plannedStatus(untrusted)).toMatchObject({
      state: "pending",
      description: "Security: approval needed, not starting",
      url: "",
    });
    const planned = plannedStatus(untrusted);
    const reported = planned && recordStatus(undefined, planned, { written: false }, monday);
    expect(plannedStatus(aBuild(untrusted.spec, { ...(reported && { reported }) }))).toBeUndefined();
  });

  it.each(["failed", "succeeded"] as const)("W-7: writes nothing on a commit that GitHub shows as %s", (group) => {
    expect(plannedStatus(aBuild({ ...blocked("Untrusted"), group }))).toBeUndefined();
  });

  it("keeps a verdict that is not in the listing yet", () => {
    const done = { phase: "Done", verdict: aVerdict(), reported: published("success") } as const;
    expect(plannedStatus(aBuild(blocked("Untrusted"), done))).toBeUndefined();
  });

  it.each(["Draft", "PoolDeleted", "OwnedByAnotherPool"] as const)("writes nothing for %s", (reason) => {
    expect(plannedStatus(aBuild(blocked(reason)))).toBeUndefined();
  });

  it("announces the build again after approval", () => {
    const reported = aReport({ description: "Security: approval needed, not starting" });
    expect(plannedStatus(aBuild({}, running({ reported })))?.description).toMatch(/^Started /);
  });

  it.each([
    ["Draft", "Not building: the pull request is a draft"],
    ["PoolDeleted", "Not building: the builders of this check are gone"],
  ] as const)("W-15: withdraws the announcement of a build that is now blocked: %s", (reason, description) => {
    const build = aBuild(blocked(reason), { reported: aReport() });
    expect(plannedStatus(build)).toMatchObject({ state: "pending", description });
    expect(plannedStatus(aBuild(blocked(reason), running({ reported: aReport() })))).toBeUndefined();
    const planned = plannedStatus(build);
    const reported = planned && recordStatus(aReport(), planned, { written: true }, monday);
    expect(plannedStatus(aBuild(blocked(reason), { ...(reported && { reported }) }))).toBeUndefined();
  });

  it("restores the verdict after an announced recheck", () => {
    const verdict = aVerdict({ result: "Conflict" });
    const reported = published("error", { request: 2, description: "Rechecking since Mon 19:12 CET on o2-3" });
    const build = aBuild(
      { ...blocked("PoolDeleted"), group: "failed", request: 2 },
      { phase: "Queued", verdict, reported },
    );
    expect(plannedStatus(build)).toMatchObject({
      state: "error",
      description: "Please resolve merge conflicts",
      url: link,
    });
  });
});
