import { describe, expect, it } from "vitest";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { agrees, comparisonsOf } from "../../../../src/core/comparison/compare.ts";
import { summariesOf } from "../../../../src/core/comparison/summary.ts";
import { sha, withVerdict } from "../../../support/objects/build.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const log = (name: string) => ({ path: name, url: `https://logs.example/${name}`, stored: true });
const named = (name: string, build: Stored<"Build">) => ({ ...build, metadata: { ...build.metadata, name } });

function built(name: string, result: "Success" | "Failure", minutes: number, spec: object = {}, verdict: object = {}) {
  const build = withVerdict(result, spec);
  const times = { startedAt: iso(noon), finishedAt: iso(noon + minutes * 60_000) };
  const full = { ...build.status?.verdict, ...times, log: log(name), ...verdict };
  return named(name, { ...build, status: { ...build.status, verdict: full } } as Stored<"Build">);
}

const shadow = (name: string, result: "Success" | "Failure", minutes: number, of: string, number: number) =>
  built(
    name,
    result,
    minutes,
    { pool: "next", number, silent: true, shadow: { of, pool: "o2", revision: "r2" } },
    { silent: true, revision: "r2" },
  );

describe("comparison", () => {
  const builds = [
    built("a", "Success", 10, { number: 1 }),
    shadow("sa", "Success", 15, "a", 1),
    built("b", "Success", 20, { number: 2 }),
    shadow("sb", "Failure", 15, "b", 2),
    built("c", "Success", 20, { number: 3 }, { commit: sha("e") }),
    shadow("sc", "Failure", 15, "c", 3),
    built("d", "Success", 20, { number: 4 }, { silent: true }),
    shadow("sd", "Success", 15, "d", 4),
  ];

  it("has one entry for each commit with a shadow and a published verdict", () => {
    expect(comparisonsOf("next", builds).map((one) => [one.number, one.with, one.revision, agrees(one)])).toEqual([
      [1, "o2", "r2", true],
      [2, "o2", "r2", false],
    ]);
    expect(comparisonsOf("o2", builds)).toEqual([]);
  });

  it("is summarised with both links of a disagreement and the ratio of durations", () => {
    expect(summariesOf(comparisonsOf("next", builds))).toEqual([
      {
        with: "o2",
        revision: "r2",
        compared: 2,
        agreements: 1,
        disagreements: 1,
        durationRatio: "1.00",
        different: [
          {
            check: "build/O2/o2",
            repository: "o/r",
            number: 2,
            commit: sha(2),
            result: "Failure",
            url: "https://logs.example/sb",
            otherResult: "Success",
            otherUrl: "https://logs.example/b",
          },
        ],
      },
    ]);
  });

  it("of a silent pool uses the statuses of another system on the same commit", () => {
    const otherStatus = {
      commit: sha(1),
      state: "error",
      description: "",
      url: "https://ali-bot/1",
      writer: "alibot",
      at: iso(noon),
    };
    const silent = built("a", "Success", 10, { number: 1, silent: true, otherStatus }, { silent: true });
    const pushed = built("b", "Success", 10, { number: 2, otherStatus }, { silent: true });
    const waiting = built("c", "Success", 10, { number: 1, otherStatus: { ...otherStatus, state: "pending" } });
    const found = comparisonsOf("o2", [silent, pushed, waiting]);
    expect(found).toMatchObject([
      { with: "github", own: { result: "Success" }, other: { result: "error", url: "https://ali-bot/1" } },
    ]);
    expect(found.map(agrees)).toEqual([false]);
  });
});
