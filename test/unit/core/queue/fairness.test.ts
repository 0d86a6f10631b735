import { describe, expect, it } from "vitest";
import type { Build, BuildSpec } from "../../../../src/api/objects/build.ts";
import { BuilderPoolSpec } from "../../../../src/api/objects/pool.ts";
import { validations } from "../../../../src/api/objects/validations.ts";
import { claim } from "../../../../src/core/build/claim.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import { chooseBuild } from "../../../../src/core/queue/choose.ts";
import { explainBuild } from "../../../../src/core/queue/explain.ts";
import type { Fairness } from "../../../../src/core/queue/order/fairness.ts";
import { aBuild, heldBy } from "../../../support/objects/build.ts";
import { builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const minute = 60_000;
const at = (minutes: number) => iso(noon + minutes * minute);

/** Numbers of the builds of one builder in their order. Each build takes ten minutes. */
function turns(builds: readonly Build[], fairness: Partial<Fairness>, count = builds.length): readonly number[] {
  const queue = new Map(builds.map((build) => [build.spec.number, build]));
  const order: number[] = [];
  for (let now = noon + 60 * minute; order.length < count; now += 10 * minute) {
    const choice = chooseBuild({
      self: "o2-0",
      builds: [...queue.values()],
      builders: builders(1),
      strategy: "Affinity",
      patience: 0,
      fairness: { by: [], weights: [], ...fairness },
      preference: createPreference("o2-0"),
      waited: () => 60 * minute,
      now,
      recheck: { failedShare: 0.7, maxShare: 0 },
      random: () => 0.5,
    });
    if (!("build" in choice)) break;
    const step = claim(choice.build, { builder: "o2-0", incarnation: "o2-0-1" }, now);
    if ("refused" in step) expect.fail(step.refused);
    const { number, request } = choice.build.spec;
    const { claim: _, ...status } = step.status;
    queue.set(number, {
      ...choice.build,
      spec: { ...choice.build.spec, request: 0 },
      status: { ...status, phase: "Done" },
    });
    expect(request).toBe(1);
    order.push(number);
  }
  return order;
}

/** Three builds of one group, and then three of another one. */
const six = (mine: Partial<BuildSpec>, theirs: Partial<BuildSpec>) => [
  ...[1, 2, 3].map((number) => aBuild({ ...mine, number, waitingSince: at(number) })),
  ...[4, 5, 6].map((number) => aBuild({ ...theirs, number, waitingSince: at(number) })),
];
const groups = {
  Repository: [{ repository: "o/r" }, { repository: "o/s" }],
  Check: [{ check: "build/O2/o2" }, { check: "build/O2/o2-epn" }],
  Author: [{ author: "alice" }, { author: "bob" }],
} as const satisfies Record<Fairness["by"][number], readonly [Partial<BuildSpec>, Partial<BuildSpec>]>;
const two = (kind: Fairness["by"][number]) => six(groups[kind][0], groups[kind][1]);
const kinds = ["Repository", "Check", "Author"] as const;

describe("fair turns", () => {
  it.each(kinds)("alternates between the groups of by: %s", (kind) => {
    expect(turns(two(kind), { by: [kind] })).toEqual([1, 4, 2, 5, 3, 6]);
    const others = kinds.filter((one) => one !== kind);
    expect(turns(two(kind), { by: others })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("follow the waiting time alone without groups", () => {
    expect(turns(two("Author"), { by: [] })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each(kinds)("gives a group with a weight for its %s more turns", (kind) => {
    const { repository, check, author } = aBuild(groups[kind][1]).spec;
    const own = { repository: { repository }, check: { check }, author: { author } };
    const weights = [{ ...own[kind.toLowerCase() as keyof typeof own], weight: 2 }];
    expect(turns(two(kind), { by: [kind], weights })).toEqual([1, 4, 5, 2, 6, 3]);
  });

  it("ignore the case of logins, repositories and checks", () => {
    expect(turns(six({ author: "Alice" }, { author: "alice" }), { by: ["Author"] })).toEqual([1, 2, 3, 4, 5, 6]);
    const weights = [{ check: "BUILD/o2/O2-EPN", weight: 2 }];
    expect(turns(two("Check"), { by: ["Check"], weights })).toEqual([1, 4, 5, 2, 6, 3]);
  });

  it("leave the priority label first", () => {
    const urgent = aBuild({ number: 9, waitingSince: at(9), urgent: true }, { lastTurn: at(59) });
    expect(turns([...six({}, {}), urgent], { by: ["Author"] }, 1)).toEqual([9]);
  });

  it("cost a group that was alone before one place, however many turns it had", () => {
    const early = [1, 2, 3].map((number) => aBuild({ number, request: 0 }, { phase: "Done", lastTurn: at(number) }));
    const late = two("Author").map(({ spec, ...build }) => ({
      ...build,
      spec: { ...spec, number: spec.number + 10, waitingSince: at(spec.number + 10) },
    }));
    expect(turns([...early, ...late], { by: ["Author"] }, 6)).toEqual([14, 11, 15, 12, 16, 13]);
  });

  it("let a group without a recent turn go before a group that waits longer", () => {
    const many = [1, 2, 3].map((number) =>
      aBuild({ number, author: "alice", waitingSince: at(number) }, { lastTurn: at(50) }),
    );
    const few = aBuild({ number: 4, author: "bob", waitingSince: at(55) });
    const earlier = aBuild({ number: 5, author: "bob", request: 0 }, { phase: "Done", lastTurn: at(20) });
    expect(turns([...many, few, earlier], { by: ["Author"] }, 4)).toEqual([4, 1, 2, 3]);
  });

  it("count an attempt that a push stopped, but no turn in the future", () => {
    const stopped = aBuild({ number: 1, author: "alice", waitingSince: at(1) }, { lastTurn: at(50) });
    const other = aBuild({ number: 2, author: "bob", waitingSince: at(40) });
    expect(turns([stopped, other], { by: ["Author"] })).toEqual([2, 1]);
    const wrong = { ...stopped, status: { phase: "Queued" as const, attempt: 1, lastTurn: at(10_000) } };
    expect(turns([wrong, other], { by: ["Author"] })).toEqual([1, 2]);
  });

  it("refuse a weight for something that by does not list", () => {
    const fairness = { by: ["Check"], weights: [{ author: "alice", weight: 2 }] };
    const read = BuilderPoolSpec.safeParse({ package: "O2", repository: "o/r", fairness });
    const rule = validations.BuilderPool.find(({ path }) => path === "spec.fairness");
    expect(read.error?.issues.map(({ message }) => message)).toEqual([rule?.message]);
  });

  it("are the reason in an explanation", () => {
    const waiting = two("Author");
    const served = aBuild({ number: 8, author: "alice", request: 0 }, { phase: "Done", lastTurn: at(30) });
    const context = {
      builds: [...waiting, served, heldBy("o2-0", { number: 7, author: "alice" })],
      builders: builders(1),
      partition: { strategy: "Affinity", patience: "10m" } as const,
      fairness: { by: ["Author" as const], weights: [] },
      now: noon + 60 * minute,
    };
    const first = waiting[0] ?? expect.fail();
    expect(explainBuild(first, context)).toBe(
      `build/O2/o2: untested; a build waits for one of 1 Ready builders; it is busy; 3 untested builds go first, 3 in turn: "alice" had its turn at ${at(30)}`,
    );
  });
});
