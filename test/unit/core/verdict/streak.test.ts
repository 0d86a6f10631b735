import { describe, expect, it } from "vitest";
import type { Build, Verdict } from "../../../../src/api/objects/build.ts";
import type { BuilderStatus } from "../../../../src/api/objects/builder.ts";
import { opinionsOf, withOpinion } from "../../../../src/core/queue/opinion.ts";
import { planReport } from "../../../../src/core/report/post/plan.ts";
import { mustWithhold, staleTreesOf, streakOf } from "../../../../src/core/verdict/streak.ts";
import { aBuild, sha } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const minute = 60_000;
const trees = { builder: "o2-0", generation: 0 };

function aVerdict(number: number, result: Verdict["result"], at: number, changes: Partial<Verdict> = {}): Verdict {
  const times = { startedAt: iso(noon), finishedAt: iso(noon + at * minute) };
  const facts = { commit: sha(number), request: 1, attempt: 1, builder: "o2-0", description: "", silent: false };
  return { ...facts, result, ...times, ...changes };
}
const judged = (number: number, ...verdicts: readonly Verdict[]): Build => {
  const [verdict, ...history] = verdicts;
  return aBuild({ number, group: "failed" }, { phase: "Done", attempt: 1, ...(verdict && { verdict }), history });
};
const reds = [1, 2, 3].map((number) => judged(number, aVerdict(number, "Failure", number)));
const later = (number: number, result: Verdict["result"], changes: Partial<Verdict> = {}) =>
  judged(
    number,
    aVerdict(number, result, 9, { builder: "o2-1", attempt: 2, request: 2, ...changes }),
    aVerdict(number, "Failure", number),
  );

describe("a streak of red verdicts", () => {
  it.each([
    ["three pull requests", reds, "Open"],
    ["two pull requests", reds.slice(1), "None"],
    [
      "one pull request three times",
      [judged(1, aVerdict(1, "Failure", 3), aVerdict(1, "Failure", 2), aVerdict(1, "Failure", 1))],
      "None",
    ],
    ["a success in between", [...reds, judged(4, aVerdict(4, "Success", 2.5))], "None"],
    ["a conflict in between", [...reds, judged(4, aVerdict(4, "Conflict", 2.5))], "Open"],
    [
      "verdicts on other trees",
      reds.map((one) =>
        judged(one.spec.number, aVerdict(one.spec.number, "Failure", 1, { generation: one.spec.number })),
      ),
      "None",
    ],
    [
      "failures that broke builders",
      reds.map((one) => judged(one.spec.number, aVerdict(one.spec.number, "Failure", 1, { cause: "DiskFull" }))),
      "None",
    ],
    ["a green second opinion", [...reds.slice(0, 2), later(3, "Success")], "Refuted"],
    [
      "two pull requests and an opinion that agrees with another builder",
      [
        ...reds.slice(0, 2),
        judged(
          4,
          aVerdict(4, "Failure", 4, { attempt: 2, request: 2 }),
          aVerdict(4, "Failure", 1, { builder: "o2-1" }),
        ),
      ],
      "None",
    ],
    ["a red second opinion on the newest", [...reds.slice(0, 2), later(3, "Failure")], "None"],
    [
      "a green opinion on other trees of the same builder",
      [...reds.slice(0, 2), later(3, "Success", { builder: "o2-0", generation: 1 })],
      "Refuted",
    ],
    [
      "a second red verdict of the same builder",
      [...reds.slice(0, 2), later(3, "Failure", { builder: "o2-0" })],
      "Open",
    ],
  ] as const)("of %s has the right state", (_, builds, state) => {
    expect(streakOf(trees, builds).state).toBe(state);
  });

  const next = aBuild({ number: 9 });

  it("withholds no red opinion on a commit that another builder failed, so two builders cannot wait for each other", () => {
    const elsewhere = judged(9, aVerdict(9, "Failure", 1, { builder: "o2-1" }));
    expect(mustWithhold("Failure", trees, reds, elsewhere)).toBe(false);
    const own = judged(9, aVerdict(9, "Failure", 1));
    expect(mustWithhold("Failure", trees, reds, own)).toBe(true);
    const opinion = { kind: "Withdrawn", of: "o2-1", attempt: 1 } as const;
    const withdrawn = { ...elsewhere, spec: { ...elsewhere.spec, opinion } };
    expect(mustWithhold("Failure", trees, reds, withdrawn)).toBe(true);
  });

  it("withholds the next red verdict, but no other verdict", () => {
    expect(mustWithhold("Failure", trees, reds, next)).toBe(true);
    expect(mustWithhold("DoctorError", trees, reds, next)).toBe(true);
    expect(mustWithhold("Success", trees, reds, next)).toBe(false);
    expect(mustWithhold("Conflict", trees, reds, next)).toBe(false);
    expect(mustWithhold("Failure", trees, reds.slice(1), next)).toBe(false);
  });

  it("asks one second opinion, on the oldest red verdict", () => {
    const wanted = opinionsOf(reds);
    expect([...wanted]).toEqual([["o2-1", { kind: "Second", of: "o2-0", attempt: 1 }]]);
    const asked = reds.map((build) =>
      build.spec.number === 1 ? { ...build, spec: { ...build.spec, request: 2, opinion: wanted.get("o2-1") } } : build,
    );
    expect(opinionsOf(asked as Build[]).size).toBe(0);
  });

  it("withdraws all its red verdicts after a green opinion, and then renews the trees", () => {
    const refuted = [...reds.slice(0, 2), later(3, "Success")];
    const wanted = opinionsOf(refuted);
    expect([...wanted.keys()].sort()).toEqual(["o2-1", "o2-2"]);
    expect(staleTreesOf(trees, refuted, { builders: builders(2) })).toBeUndefined();
    const withdrawn = refuted.map((build) => {
      const request = withOpinion({ spec: build.spec }, build, wanted.get(build.metadata.name), noon);
      return { ...build, spec: request.spec };
    });
    expect(withdrawn.map(({ spec }) => [spec.group, spec.request])).toEqual([
      ["untested", 2],
      ["untested", 2],
      ["failed", 1],
    ]);
    expect(staleTreesOf(trees, withdrawn, { builders: builders(2) })).toEqual({ reason: "Refuted", reds: 3 });
    expect(
      withOpinion({ spec: withdrawn[0]?.spec ?? aBuild().spec }, withdrawn[0], wanted.get("o2-1"), noon).because,
    ).toBeUndefined();
  });

  it("asks again when another pool answered the request, so that the streak ends", () => {
    const [build = aBuild()] = reds;
    const answered = { ...build, spec: { ...build.spec, request: 2, answered: 2 } };
    const opinion = { kind: "Second", of: "o2-0", attempt: 1 } as const;
    expect(withOpinion({ spec: answered.spec }, answered, opinion, noon).spec).toMatchObject({ request: 3, opinion });
  });

  it("lets a builder without others renew its trees", () => {
    expect(staleTreesOf(trees, reds, { builders: builders(1) })).toEqual({ reason: "Alone", reds: 3 });
    expect(staleTreesOf(trees, reds, { builders: builders(2) })).toBeUndefined();
  });

  it.each<[string, Partial<BuilderStatus>, boolean]>([
    ["silent", { silent: true }, true],
    ["not Ready", { phase: "Warming" }, true],
    ["limited by force-hashes to other commits", { forced: ["fffffff"] }, true],
    ["limited by force-hashes to the newest red commit", { forced: [sha(3)] }, true],
    ["limited by force-hashes to the oldest red commit", { forced: [sha(1)] }, false],
  ])("asks no opinion of a builder that is %s", (_, status, isAlone) => {
    const both = { builders: [aBuilder("o2-0"), aBuilder("o2-1", status)] };
    expect(staleTreesOf(trees, reds, both)?.reason).toBe(isAlone ? "Alone" : undefined);
  });

  it("asks silent builders too while the pool is silent", () => {
    const both = { builders: [aBuilder("o2-0"), aBuilder("o2-1", { silent: true })], isPoolSilent: true };
    expect(staleTreesOf(trees, reds, both)).toBeUndefined();
  });

  it("leads to a pending status with a sentence when a red verdict is withdrawn", () => {
    const build = judged(1, aVerdict(1, "Failure", 1));
    const opinion = { kind: "Withdrawn", of: "o2-0", attempt: 1 } as const;
    const reported = {
      commit: sha(1),
      request: 1,
      state: "error",
      description: "",
      url: "",
      at: iso(noon),
      writes: 2,
    } as const;
    const status = { ...build.status, phase: "Done" as const, attempt: 1, reported };
    const plan = planReport(
      { ...build, spec: { ...build.spec, group: "untested", request: 2, opinion }, status },
      { silent: false, isSilentBuilder: () => false, wantsComments: () => false, logWaited: 0 },
    );
    expect(plan.status).toMatchObject({
      state: "pending",
      description: "Retrying, not the pull request's fault: the red verdict of o2-0 was wrong elsewhere",
    });
  });
});
