import { describe, expect, it } from "vitest";
import { candidateOf } from "../../../../src/core/pullRequest/candidate.ts";
import type { CommitStatus } from "../../../../src/core/pullRequest/pullRequest.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const check = aCheck({ name: "c" });
const status = (context: string, state: CommitStatus["state"]) => ({ context, state, description: "" });
const judge = (says: Parameters<typeof aPullRequest>[0]) => candidateOf(check, aPullRequest(says), new Map());

describe("a candidate", () => {
  it("P-1: is untested without any status and waits since its commit", () => {
    expect(judge({})).toMatchObject({ group: "untested", waitingSince: "2024-01-01T00:00:00Z", urgent: false });
  });

  it("P-2: is untested when only other checks have a status", () => {
    expect(judge({ statuses: [status("d", "SUCCESS"), status("C", "SUCCESS")] }).group).toBe("untested");
  });

  it.each([
    ["FAILURE", "failed"],
    ["ERROR", "failed"],
    ["SUCCESS", "succeeded"],
    ["PENDING", "untested"],
    ["EXPECTED", "untested"],
  ] as const)("P-3: with the status %s is %s", (state, group) => {
    expect(judge({ statuses: [status("d", "SUCCESS"), status("c", state)] }).group).toBe(group);
  });

  it("waits since its creation when the commit is older", () => {
    expect(judge({ createdAt: "2024-05-01T00:00:00Z" }).waitingSince).toBe("2024-05-01T00:00:00Z");
    // Git takes any number of seconds for a date; this one is beyond the years that dates are written with.
    expect(judge({ committedAt: "33658-09-27T01:46:39Z" }).waitingSince).toBe("2023-06-01T00:00:00Z");
  });

  it.each([
    [["ci-priority"], true],
    [["bug", "ci-priority"], true],
    [["CI-PRIORITY"], false],
    [["ci-priority "], false],
    [[], false],
  ])("P-7: with the labels %j is urgent: %s", (labels, urgent) => {
    expect(judge({ labels }).urgent).toBe(urgent);
  });

  it.each([
    ["a title that starts with [WIP]", { title: "[WIP] new tracker" }, true],
    ["GitHub's own draft", { isDraft: true }, true],
    ["a blank before [WIP]", { title: " [WIP] new tracker" }, false],
    ["small letters", { title: "[wip] new tracker" }, false],
    ["WIP:", { title: "WIP: new tracker" }, false],
  ])("takes for a draft: %s", (_, says, isDraft) => {
    expect(judge(says).isDraft).toBe(isDraft);
    expect(judge(says).blocked?.reason).toBe(isDraft ? "Draft" : undefined);
  });

  it("tells the author of a draft what to do", () => {
    expect(judge({ isDraft: true }).blocked?.message).toBe(
      "It is a draft: mark it as ready for review to have it built",
    );
    expect(judge({ title: "[WIP]" }).blocked?.message).toBe("It is a draft: take [WIP] off its title to have it built");
  });

  it("P-11: is blocked when nobody trusts its author", () => {
    expect(judge({ association: "NONE" }).blocked).toEqual({
      reason: "Untrusted",
      message:
        "Approval needed: its author alice (NONE) is not trusted and nobody has approved it; an approving review starts the build",
    });
  });

  it("P-13: is not blocked when the permission bot approved its head commit, and keeps its verdict", () => {
    const reviewed = judge({ association: "NONE", statuses: [status("review", "SUCCESS"), status("c", "SUCCESS")] });
    expect(reviewed).toMatchObject({ group: "succeeded", isReviewed: true, isTrusted: false });
    expect(reviewed.blocked).toBeUndefined();
    expect(judge({ association: "NONE", statuses: [status("review", "PENDING")] }).blocked?.reason).toBe("Untrusted");
  });

  it("P-14: that is a draft of a stranger is a draft: nobody is asked to approve it", () => {
    expect(judge({ association: "NONE", isDraft: true }).blocked?.reason).toBe("Draft");
  });

  it("P-17: is not trusted by a name the check took out of the list", () => {
    expect(candidateOf(check, aPullRequest({ author: "ktf", association: "NONE" }), new Map()).isTrusted).toBe(false);
  });
});
