import { describe, expect, it } from "vitest";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import type { CommitStatus, PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { formerList, formerRound, type Row } from "../../../support/alibot/lister.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { queueOf, roundOf, rowsOf } from "./selection.ts";

const check = aCheck({ name: "c" });
const trusting = (trust: Partial<ResolvedCheck["trust"]>) => ({ ...check, trust: { ...check.trust, ...trust } });
type Fields = Parameters<typeof aPullRequest>[0] & { readonly day?: number; readonly c?: CommitStatus["state"] };

/** Pull requests numbered from 1, each with a commit date in January 2024 and a status of the check. */
const listed = (...all: readonly Fields[]): readonly PullRequest[] =>
  all.map(({ day = 1, c, ...fields }, index) => {
    const statuses = [...(c === undefined ? [] : [status("c", c)]), ...(fields.statuses ?? [])];
    return aPullRequest({ number: index + 1, committedAt: `2024-01-0${day}T00:00:00Z`, ...fields, statuses });
  });
const status = (context: string, state: CommitStatus["state"]): CommitStatus => ({ context, state, description: "" });
const untrusted = { association: "NONE" };
const text = ({ type, number, since }: Row) => `${type} ${number} ${since}`;
const firstDay = 1_704_067_200;
const on = (day: number) => firstDay + (day - 1) * 86_400;

/** Each line: the group, the number of the pull request, and the start of waiting in seconds since 1970. */
const cases: readonly [string, readonly PullRequest[], readonly string[], ResolvedCheck?][] = [
  ["P-1: no status", listed({}), ["untested 1 1704067200"]],
  ["P-2: a status of another check", listed({ statuses: [status("d", "SUCCESS")] }), ["untested 1 1704067200"]],
  ["P-3: a failure", listed({ c: "FAILURE" }), [`failed 1 ${firstDay}`]],
  ["P-3: an error", listed({ c: "ERROR" }), [`failed 1 ${firstDay}`]],
  ["P-3: a success", listed({ c: "SUCCESS" }), [`succeeded 1 ${firstDay}`]],
  ["P-3: a pending status", listed({ c: "PENDING" }), [`untested 1 ${firstDay}`]],
  ["P-3: an expected status", listed({ c: "EXPECTED" }), [`untested 1 ${firstDay}`]],
  [
    "P-4: three untested pull requests of different age",
    listed({ day: 3 }, { day: 1 }, { day: 2 }),
    [`untested 2 ${on(1)}`, `untested 3 ${on(2)}`, `untested 1 ${on(3)}`],
  ],
  [
    "P-7: the priority label on the newest",
    listed({ day: 1 }, { day: 2 }, { day: 3, labels: ["ci-priority"] }),
    [`untested 3 ${on(3)}`, `untested 1 ${on(1)}`, `untested 2 ${on(2)}`],
  ],
  [
    "P-7: the priority label on two",
    listed({ day: 1 }, { day: 3, labels: ["ci-priority"] }, { day: 2, labels: ["ci-priority"] }),
    [`untested 3 ${on(2)}`, `untested 2 ${on(3)}`, `untested 1 ${on(1)}`],
  ],
  [
    "P-7: a label in upper case",
    listed({ day: 1 }, { day: 2, labels: ["CI-PRIORITY"] }),
    [`untested 1 ${on(1)}`, `untested 2 ${on(2)}`],
  ],
  [
    "P-7: the priority label on a failed pull request next to an untested one",
    listed({ day: 1, c: "ERROR", labels: ["ci-priority"] }, { day: 2 }),
    [`untested 2 ${on(2)}`, `failed 1 ${on(1)}`],
  ],
  [
    "P-8: all groups, each sorted by waiting time",
    listed({ day: 5, c: "ERROR" }, { day: 4, c: "SUCCESS" }, { day: 3 }, { day: 2, c: "FAILURE" }, { day: 1 }),
    [`untested 5 ${on(1)}`, `untested 3 ${on(3)}`, `failed 4 ${on(2)}`, `failed 1 ${on(5)}`, `succeeded 2 ${on(4)}`],
  ],
  ["P-10: an empty listing", listed(), []],
  ["P-11: an untrusted author", listed(untrusted), []],
  [
    "P-13: an untrusted author with approval by the permission bot",
    listed({ ...untrusted, c: "SUCCESS", statuses: [status("review", "SUCCESS")] }),
    [`succeeded 1 ${firstDay}`],
  ],
  ["P-14: a draft by an untrusted author", listed({ ...untrusted, isDraft: true }), []],
  ["P-15: a contributor", listed({ association: "CONTRIBUTOR" }), []],
  [
    "P-15: a contributor where collaborators are trusted",
    listed({ association: "CONTRIBUTOR" }),
    [`untested 1 ${firstDay}`],
    trusting({ collaborators: true }),
  ],
  [
    "P-17: an author in the user list of the check",
    listed(untrusted),
    [`untested 1 ${firstDay}`],
    trusting({ users: ["alice"] }),
  ],
  ["P-17: an author no longer in the user list of the check", listed(untrusted), [], trusting({ users: [] })],
];

describe("selection compared with ali-bot", () => {
  it.each(cases.map(([title, ...facts]) => ({ title, facts })))("$title", ({ facts }) => {
    const [pullRequests, expected, wanted = check] = facts;
    expect(formerList(wanted, pullRequests).map(text)).toEqual(expected);
    const queue = queueOf(wanted, pullRequests);
    expect(rowsOf(queue).map(text)).toEqual(expected);
    const round = formerRound(formerList(wanted, pullRequests), () => 0);
    expect(roundOf(queue, () => 0)).toEqual(round.map(({ number }) => number));
  });

  it("P-5, P-6: draws one recheck with the same random number", () => {
    const mixed = listed({ c: "ERROR" }, { c: "FAILURE" }, { c: "SUCCESS" });
    for (const pullRequests of [mixed, mixed.slice(0, 2), mixed.slice(2)]) {
      for (const chance of [0, 0.3, 0.69, 0.71, 0.99]) {
        const theirs = formerRound(formerList(check, pullRequests), () => chance).map(({ number }) => number);
        expect(roundOf(queueOf(check, pullRequests), () => chance)).toEqual(theirs);
      }
    }
  });

  it("P-18: accepts a login after a blank, unlike ali-bot", () => {
    const wanted = trusting({ users: ["bob", " alice"] });
    expect(formerList(wanted, listed(untrusted))).toEqual([]);
    expect(rowsOf(queueOf(wanted, listed(untrusted))).map(text)).toEqual([`untested 1 ${firstDay}`]);
  });

  it("P-19: sorts ties by number, and not by list order like ali-bot", () => {
    const backwards = listed({}, {}, {}).toReversed();
    expect(formerList(check, backwards).map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(roundOf(queueOf(check, backwards), () => 0)).toEqual([1, 2, 3]);
  });
});
