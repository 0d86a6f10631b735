import { describe, expect, it } from "vitest";
import type { Attempt } from "../../e2e/soak/attempts.ts";
import { type Change, type Evidence, problemsOf } from "../../e2e/soak/judge.ts";

const change: Change = { name: "change-0", number: 1, commit: "c".repeat(40), flavour: "good", isWanted: true };
const attempt: Attempt = {
  pool: "soak",
  builder: "soak-0",
  commit: change.commit,
  request: 1,
  attempt: 1,
  isShadow: false,
  since: 1000,
  end: "Verdict",
};
const run = { change: change.name, pod: "soak-0", began: 1100, last: 1500, ended: true };
const again = { ...run, began: 2100, last: 2500 };
const second = { ...attempt, attempt: 2, since: 2000 };

function problems(states: readonly string[], more: Partial<Evidence> = {}): readonly string[] {
  const rest = { changes: [change], runs: [run], attempts: [attempt], hasOpinion: () => false };
  const title = `#1 change-0 ${"c".repeat(10)}: `;
  return problemsOf({ ...rest, statesOf: () => states, ...more }).map((problem) => problem.slice(title.length));
}

describe("the judge of a soak", () => {
  it("accepts one right verdict of one build", () => {
    expect(problems(["pending", "success"])).toEqual([]);
  });

  it.each<[string, readonly string[], Partial<Evidence>, readonly string[]]>([
    ["a missing verdict", ["pending"], {}, ["pending instead of success"]],
    ["a missing status", [], {}, ["no status instead of success"]],
    ["a wrong verdict", ["error"], {}, ["error instead of success", "a published error instead of success"]],
    [
      "a verdict that flips",
      ["error", "success"],
      { hasOpinion: () => true },
      ["a published error instead of success"],
    ],
    ["a verdict published twice", ["success", "success"], {}, ["2 published verdicts"]],
    [
      "a build that ran twice to its end",
      ["success"],
      { runs: [run, { ...run, began: 1600, last: 1700 }] },
      ["built 2 times to its end for 1 attempts"],
    ],
    [
      "a finished build that lost its claim for no reason",
      ["success"],
      { runs: [run, again], attempts: [{ ...attempt, end: "CellDied" }, second] },
      ["built 2 times to its end for 1 attempts"],
    ],
    [
      "two builds at the same time",
      ["success"],
      {
        runs: [run, { ...again, pod: "soak-1", began: 1400 }],
        attempts: [
          { ...attempt, end: "BuilderLost" },
          { ...second, builder: "soak-1", since: 1300 },
        ],
      },
      ["soak-1 began 100 ms before soak-0 stopped"],
    ],
    [
      "a build without a claim",
      ["success"],
      { runs: [run, { ...again, pod: "soak-9" }] },
      ["built by soak-9 without a claim"],
    ],
  ])("finds %s", (_, states, more, expected) => {
    expect(problems(states, more)).toEqual(expected);
  });

  it("accepts a shadow beside a loud build, and a second build after a lost builder", () => {
    const shadow = { ...attempt, builder: "soak-shadow-0", isShadow: true, since: 1050, end: "SilentVerdict" };
    const beside = { ...run, pod: "soak-shadow-0" };
    expect(problems(["success"], { runs: [run, beside], attempts: [attempt, shadow] })).toEqual([]);
    const lost = { runs: [run, again], attempts: [{ ...attempt, end: "BuilderLost" }, second] };
    expect(problems(["success"], lost)).toEqual([]);
  });

  it("demands no verdict for an outdated commit", () => {
    expect(problems(["pending"], { changes: [{ ...change, isWanted: false }] })).toEqual([]);
  });
});
