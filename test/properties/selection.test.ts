import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownerOfCommit } from "../../src/core/partition/modulo.ts";
import type { PullRequest } from "../../src/core/pullRequest/pullRequest.ts";
import { formerList, formerRound } from "../support/alibot/lister.ts";
import { formerOwner } from "../support/alibot/shard.ts";
import { sha } from "../support/objects/build.ts";
import { aCheck } from "../support/objects/check.ts";
import { aPullRequest } from "../support/objects/pullRequest.ts";
import { queueOf, roundOf, rowsOf } from "../unit/core/queue/selection.ts";

const instant = fc.integer({ min: 0, max: 20 }).map((hours) => new Date(Date.UTC(2024, 0, 1, hours)).toISOString());
const state = fc.constantFrom("SUCCESS", "FAILURE", "ERROR", "PENDING", "EXPECTED");
const facts = fc.record({
  title: fc.constantFrom("A change", "[WIP] a change", "WIP: a change", " [WIP]"),
  isDraft: fc.boolean(),
  createdAt: instant,
  committedAt: instant,
  // ali-bot compared logins and contexts with their case, which GitHub ignores.
  author: fc.constantFrom("alice", "bob", "carol"),
  association: fc.constantFrom("OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"),
  labels: fc.subarray(["ci-priority", "CI-PRIORITY", "bug"]),
  approvals: fc.array(fc.constant({ commit: undefined, association: "NONE" }), { maxLength: 1 }),
  statuses: fc.uniqueArray(
    fc.record({ context: fc.constantFrom("c", "cc", "review"), state, description: fc.constant("") }),
    { selector: ({ context }) => context },
  ),
});
const pullRequests = fc
  .array(facts, { maxLength: 12 })
  .map((all): readonly PullRequest[] =>
    all.map((fields, index) => aPullRequest({ ...fields, number: index + 1, commit: sha(index + 1) })),
  );
const checks = fc
  .record({ collaborators: fc.boolean(), users: fc.subarray(["alice", "carol"]) })
  .map((trust) => aCheck({ name: "c", trust: { ...trust, approvals: "AnyCommit" } }));

describe("selection compared with ali-bot", () => {
  it("lists, sorts and draws the same for any GitHub data in any order", () => {
    fc.assert(
      fc.property(checks, pullRequests, fc.infiniteStream(fc.nat(9)), fc.nat(99), (check, all, keys, percent) => {
        const theirs = formerList(check, all);
        const shuffled = all.map((one) => [keys.next().value, one] as const).sort(([a], [b]) => a - b);
        const queue = queueOf(
          check,
          shuffled.map(([, one]) => one),
        );
        expect(rowsOf(queue)).toEqual(theirs);
        const round = formerRound(theirs, () => percent / 100);
        const ours = roundOf(queue, () => percent / 100);
        const typeOf = (number: number | undefined) => theirs.find((row) => row.number === number)?.type;
        if (round[0]?.type === "untested") expect(ours).toEqual(round.map(({ number }) => number));
        else expect([ours.length, typeOf(ours[0])]).toEqual([round.length, round[0]?.type]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("modulo partition compared with ali-bot", () => {
  it("gives every commit of every check the same owner for any pool size", () => {
    const hex = fc.stringMatching(/^[0-9a-f]{40}$/);
    fc.assert(
      fc.property(fc.string(), hex, fc.integer({ min: 1, max: 10_000 }), (name, commit, size) => {
        expect(ownerOfCommit(name, commit, size)).toBe(formerOwner(name, commit, size));
      }),
      { numRuns: 300 },
    );
  });
});
