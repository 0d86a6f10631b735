import { describe, expect, it } from "vitest";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import { decideTrust } from "../../../../src/core/pullRequest/trust.ts";
import { sha } from "../../../support/objects/build.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const teams = new Map([["experts", new Set(["alice"])]]);
const decide = (trust: Partial<ResolvedCheck["trust"]>, fields: Parameters<typeof aPullRequest>[0]) =>
  decideTrust({ ...aCheck().trust, ...trust }, aPullRequest({ association: "NONE", ...fields }), teams);

describe("decideTrust", () => {
  it.each([
    ["OWNER", true, true],
    ["MEMBER", true, true],
    ["COLLABORATOR", true, true],
    ["CONTRIBUTOR", false, true],
    ["FIRST_TIME_CONTRIBUTOR", false, false],
    ["FIRST_TIMER", false, false],
    ["MANNEQUIN", false, false],
    ["NONE", false, false],
    ["", false, false],
  ])("P-15: for association %s is %s, and %s with trust.collaborators", (association, plain, collaborators) => {
    expect(decide({}, { association }).trusted).toBe(plain);
    expect(decide({ collaborators: true }, { association }).trusted).toBe(collaborators);
  });

  it.each([
    ["the login itself", ["alice"], true],
    ["the login with blanks around it, as after a comma", ["ktf", " alice "], true],
    ["the login in another case", ["Alice"], true],
    ["the login as people mention it", ["@alice"], true],
    ["a part of the login", ["ali"], false],
    ["an empty list", [], false],
  ])("W-19: by name: %s", (_, users, trusted) => {
    expect(decide({ users }, {}).trusted).toBe(trusted);
  });

  it.each([
    ["alice", "ALICE", true],
    ["ALICE", "alice", true],
    ["alibuild", "alibuild[bot]", true],
    ["aliBuild[bot]", "alibuild[bot]", true],
    // Everybody can register a login that equals the name of a bot.
    ["alibuild[bot]", "alibuild", false],
    ["alibuild[bot]", "alibuild[bot]2", false],
  ])("the user %s is the account %s: %s", (user, author, trusted) => {
    expect(decide({ users: [user] }, { author }).trusted).toBe(trusted);
  });

  it("compares teams and their members without regard to case", () => {
    expect(decide({ team: "Experts" }, { author: "Alice" })).toMatchObject({ trusted: true, rule: "Team" });
  });

  it("trusts members of the check's team only", () => {
    expect(decide({ team: "experts" }, {})).toMatchObject({ trusted: true, rule: "Team" });
    expect(decide({ team: "experts" }, { author: "bob" }).trusted).toBe(false);
    expect(decide({}, {}).trusted).toBe(false);
  });

  it("never trusts a deleted account by name", () => {
    const ghosts = new Map([["experts", new Set(["ghost"])]]);
    const pullRequest = aPullRequest({ author: "ghost", association: "NONE" });
    const trust = { collaborators: true, users: ["Ghost"], team: "experts", approvals: "AnyCommit" as const };
    expect(decideTrust(trust, pullRequest, ghosts).trusted).toBe(false);
  });

  it("trusts a pull request with an approving review of any commit", () => {
    const approvals = [{ commit: sha("99"), association: "NONE" }];
    expect(decide({}, { approvals })).toEqual({
      trusted: true,
      rule: "Approval",
      because: "it has an approving review",
    });
    expect(decide({}, { approvals: [{ commit: undefined, association: "NONE" }] }).trusted).toBe(true);
  });

  it("W-37: with HeadCommit, trusts the approved commit only", () => {
    const strict = { approvals: "HeadCommit" as const };
    expect(decide(strict, { approvals: [{ commit: sha(1), association: "NONE" }] }).trusted).toBe(true);
    expect(
      decide(strict, {
        approvals: [
          { commit: sha("99"), association: "OWNER" },
          { commit: undefined, association: "OWNER" },
        ],
      }),
    ).toEqual({
      trusted: false,
      because: "its author alice (NONE) is not trusted and only earlier commits were approved",
    });
  });

  it.each([
    ["OWNER", sha(1), true],
    ["MEMBER", sha(1), true],
    ["COLLABORATOR", sha(1), true],
    ["CONTRIBUTOR", sha(1), false],
    ["NONE", sha(1), false],
    ["OWNER", sha("99"), false],
    ["OWNER", undefined, false],
  ])("W-37: with Strict, a review by association %s of commit %s counts: %s", (association, commit, trusted) => {
    for (const collaborators of [false, true])
      expect(decide({ approvals: "Strict", collaborators }, { approvals: [{ commit, association }] }).trusted).toBe(
        trusted,
      );
  });

  it("W-37: with Strict, names the missing approval and the approving association", () => {
    const strict = { approvals: "Strict" as const };
    const outsider = { commit: sha(1), association: "NONE" };
    expect(decide(strict, { approvals: [outsider] }).because).toBe(
      "its author alice (NONE) is not trusted and no owner, member or collaborator has approved its head commit",
    );
    expect(decide(strict, { approvals: [outsider, { ...outsider, association: "MEMBER" }] })).toMatchObject({
      rule: "Approval",
      because: "its head commit has an approving review by a reviewer with association MEMBER",
    });
    expect(decide(strict, { association: "MEMBER" }).rule).toBe("Association");
    expect(decide(strict, {}).because).toBe("its author alice (NONE) is not trusted and no review approves it");
  });

  it("names the first matching rule", () => {
    const all = { approvals: [{ commit: sha(1), association: "NONE" }], association: "MEMBER" };
    expect(decide({ users: ["alice"] }, all).rule).toBe("Approval");
    expect(decide({ users: ["alice"] }, { association: "MEMBER" }).because).toBe(
      "its author alice is MEMBER of the repository",
    );
    expect(decide({ users: ["alice"] }, {}).because).toBe("its author alice is among trust.users");
    expect(decide({}, {}).because).toBe("its author alice (NONE) is not trusted and no review approves it");
  });
});
