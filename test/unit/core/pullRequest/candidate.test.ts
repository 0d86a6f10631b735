import { describe, expect, it } from "vitest";
import { candidateOf } from "../../../../src/core/pullRequest/candidate.ts";
import type { CommitStatus } from "../../../../src/core/pullRequest/pullRequest.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const check = aCheck({ name: "c" });
const status = (context: string, state: CommitStatus["state"]) => ({ context, state, description: "" });
const candidate = (fields: Parameters<typeof aPullRequest>[0]) => candidateOf(check, aPullRequest(fields), new Map());

describe("candidateOf", () => {
  it("P-1: is untested without a status, and waits since the commit date", () => {
    expect(candidate({})).toMatchObject({ group: "untested", waitingSince: "2024-01-01T00:00:00Z", urgent: false });
  });

  it("P-2: is untested when only other checks have a status", () => {
    expect(candidate({ statuses: [status("d", "SUCCESS"), status("cc", "SUCCESS")] }).group).toBe("untested");
  });

  it("has the status of its check in any letter case, as GitHub has one status for all of them", () => {
    expect(candidate({ statuses: [status("C", "SUCCESS")] }).group).toBe("succeeded");
  });

  it.each([
    ["FAILURE", "failed"],
    ["ERROR", "failed"],
    ["SUCCESS", "succeeded"],
    ["PENDING", "untested"],
    ["EXPECTED", "untested"],
  ] as const)("P-3: with the status %s is %s", (state, group) => {
    expect(candidate({ statuses: [status("d", "SUCCESS"), status("c", state)] }).group).toBe(group);
  });

  it("waits since the creation of the pull request when the commit is older", () => {
    expect(candidate({ createdAt: "2024-05-01T00:00:00Z" }).waitingSince).toBe("2024-05-01T00:00:00Z");
    // Git accepts any number of seconds as a date. This date has a five-digit year.
    expect(candidate({ committedAt: "33658-09-27T01:46:39Z" }).waitingSince).toBe("2023-06-01T00:00:00Z");
  });

  it.each([
    [["ci-priority"], true],
    [["bug", "ci-priority"], true],
    [["CI-PRIORITY"], false],
    [["ci-priority "], false],
    [[], false],
  ])("P-7: with the labels %j is urgent: %s", (labels, urgent) => {
    expect(candidate({ labels }).urgent).toBe(urgent);
  });

  it.each([
    ["a title that starts with [WIP]", { title: "[WIP] new tracker" }, true],
    ["GitHub's own draft", { isDraft: true }, true],
    ["a blank before [WIP]", { title: " [WIP] new tracker" }, false],
    ["small letters", { title: "[wip] new tracker" }, false],
    ["WIP:", { title: "WIP: new tracker" }, false],
  ])("detects a draft: %s", (_, fields, isDraft) => {
    expect(candidate(fields).isDraft).toBe(isDraft);
    expect(candidate(fields).blocked?.reason).toBe(isDraft ? "Draft" : undefined);
  });

  it("gives the author of a draft the next step", () => {
    expect(candidate({ isDraft: true }).blocked?.message).toBe(
      "It is a draft: mark it as ready for review to start a build",
    );
    expect(candidate({ title: "[WIP]" }).blocked?.message).toBe(
      "It is a draft: remove [WIP] from its title to start a build",
    );
  });

  it("P-11: is blocked for an untrusted author", () => {
    expect(candidate({ association: "NONE" }).blocked).toEqual({
      reason: "Untrusted",
      message:
        "Approval needed: its author alice (NONE) is not trusted and no review approves it; an approving review starts the build",
    });
  });

  it("P-13: is not blocked when the permission bot approved the head commit, and keeps its group", () => {
    const reviewed = candidate({
      association: "NONE",
      statuses: [status("review", "SUCCESS"), status("c", "SUCCESS")],
    });
    expect(reviewed).toMatchObject({ group: "succeeded", isReviewed: true, isTrusted: false });
    expect(reviewed.blocked).toBeUndefined();
    expect(candidate({ association: "NONE", statuses: [status("review", "PENDING")] }).blocked?.reason).toBe(
      "Untrusted",
    );
  });

  it("P-14: is blocked as a draft, without a request for approval, for an untrusted author", () => {
    expect(candidate({ association: "NONE", isDraft: true }).blocked?.reason).toBe("Draft");
  });

  it("P-17: is not trusted after the check removed the login from its list", () => {
    expect(candidateOf(check, aPullRequest({ author: "ktf", association: "NONE" }), new Map()).isTrusted).toBe(false);
  });
});
