import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { rendezvousWinner } from "../../../../src/core/partition/affinity.ts";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import { type ChoiceInput, chooseBuild } from "../../../../src/core/queue/choose.ts";
import type { QueueView } from "../../../../src/core/queue/partitionView.ts";
import { shouldPreempt } from "../../../../src/core/queue/preempt.ts";
import { aBuild, heldBy, judged } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const patience = 600_000;
const recheck = { failedShare: 0.7, maxShare: 0.5 };

function choose(
  builds: readonly Build[],
  says: Partial<QueueView & ChoiceInput> & { readonly waitedMs?: number } = {},
) {
  const { waitedMs = 60_000, self = "o2-0", ...rest } = says;
  return chooseBuild({
    self,
    builds,
    builders: builders(1),
    strategy: "Affinity",
    patience,
    recheck,
    preference: createPreference(self),
    waited: () => waitedMs,
    random: () => 0.5,
    now: noon,
    ...rest,
  });
}
const chosen = (...args: Parameters<typeof choose>) => {
  const choice = choose(...args);
  return "build" in choice ? choice.build.spec.number : undefined;
};
/** Everything a builder alone in its pool would build, in its order. */
function inOrder(builds: readonly Build[]): number[] {
  const first = chosen(builds);
  return first === undefined ? [] : [first, ...inOrder(builds.filter(({ spec }) => spec.number !== first))];
}
const waitingSince = (day: number) => `2026-01-0${day}T00:00:00Z`;

describe("the order of a builder's choice", () => {
  it("P-4: is by waiting time", () => {
    const days = [3, 1, 2].map((day) => aBuild({ number: day, waitingSince: waitingSince(day) }));
    expect(inOrder(days)).toEqual([1, 2, 3]);
  });

  it("P-7: begins with the priority label, the older first among equals", () => {
    const days = [1, 2, 3, 4].map((day) => aBuild({ number: day, waitingSince: waitingSince(day), urgent: day > 2 }));
    expect(inOrder(days)).toEqual([3, 4, 1, 2]);
  });

  it("P-19: is the same in whatever order the builds come", () => {
    const same = [7, 3, 5].map((number) => aBuild({ number }));
    expect(inOrder(same)).toEqual([3, 5, 7]);
    expect(inOrder(same.toReversed())).toEqual([3, 5, 7]);
  });

  it("has untested ones before any recheck, labelled or not", () => {
    expect(chosen([aBuild({ number: 1, group: "failed", urgent: true }), aBuild({ number: 2 })])).toBe(2);
  });

  it.each<[string, Build]>([
    ["asked for", judged("Success")],
    ["free", heldBy("o2-1")],
    ["allowed", aBuild({ blocked: { reason: "Untrusted", message: "Approval needed" } })],
  ])("skips what is not %s", (_, build) => {
    expect(choose([build])).toEqual({ idle: "Nothing waits to be built" });
  });

  it("begins with nothing for a builder that is not Ready", () => {
    const cold = [aBuilder("o2-0", { phase: "Warming" })];
    expect(choose([aBuild()], { builders: cold })).toEqual({ idle: `"o2-0" is not Ready, so it starts nothing` });
  });
});

describe("a recheck", () => {
  const tested = (group: "failed" | "succeeded", number: number) => aBuild({ number, group });

  it("P-5: is of a failed one with the probability failedShare, each as likely as any other", () => {
    const builds = [tested("failed", 1), tested("failed", 2), tested("succeeded", 3)];
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const counts = { 1: 0, 2: 0, 3: 0 } as Record<number, number>;
    for (let round = 0; round < 4000; round += 1) {
      const number = chosen(builds, { random }) ?? 0;
      counts[number] = (counts[number] ?? 0) + 1;
    }
    expect(((counts[1] ?? 0) + (counts[2] ?? 0)) / 4000).toBeCloseTo(0.7, 1);
    expect((counts[1] ?? 0) / (counts[2] ?? 1)).toBeCloseTo(1, 0);
  });

  it("P-6: is of what there is", () => {
    expect(chosen([tested("succeeded", 3)], { random: () => 0 })).toBe(3);
    expect(chosen([tested("failed", 1)], { random: () => 0.99 })).toBe(1);
    expect(chosen([])).toBeUndefined();
  });

  it("W-45: takes at most maxShare of the Ready builders", () => {
    const fleet = builders(4);
    const running = (builder: string, number: number) => heldBy(builder, { number, group: "failed" });
    const one = [running("o2-1", 8), tested("failed", 1)];
    expect(chosen(one, { builders: fleet })).toBe(1);
    expect(choose([...one, running("o2-2", 9)], { builders: fleet })).toEqual({
      idle: "Rechecks wait: they take their share already, 2 of 4 Ready builders",
    });
  });

  it("is possible in a pool of one, and nowhere when maxShare is 0", () => {
    expect(chosen([tested("failed", 1)])).toBe(1);
    expect(chosen([tested("failed", 1)], { recheck: { failedShare: 0.7, maxShare: 0 } })).toBeUndefined();
  });
});

describe("affinity", () => {
  const fleet = builders(3);
  const warmOn = (tree: string, spec = {}) => aBuild(spec, { tree });

  it("gives a pull request to the builder that holds its tree, at once", () => {
    expect(chosen([warmOn("o2-0")], { builders: fleet, waitedMs: 0 })).toBe(1);
  });

  it("makes the others wait for the holder's patience, and says how long", () => {
    expect(choose([warmOn("o2-1")], { builders: fleet, waitedMs: 60_000 })).toEqual({
      idle: "One build is waiting, for a warm tree, another builder's turn or the end of a pause; the next is free in 9m",
      again: 540_000,
    });
    expect(chosen([warmOn("o2-1")], { builders: fleet, waitedMs: patience + 3_000 })).toBe(1);
  });

  it("has a busy holder stood in for by one that built an earlier commit", () => {
    const { verdict } = judged("Success").status ?? {};
    const older = aBuild({ request: 2, commit: "f".repeat(40) }, { tree: "o2-1", ...(verdict && { verdict }) });
    const busy = heldBy("o2-1", { number: 9 });
    expect(chosen([older, busy], { builders: fleet, waitedMs: 0 })).toBe(1);
    expect(chosen([older, busy], { builders: fleet, waitedMs: 0, self: "o2-2" })).toBeUndefined();
    expect(choose([older], { builders: fleet, waitedMs: 0 })).toMatchObject({ again: 3000 });
  });

  it("W-20: forgets a holder that is not Ready", () => {
    const gone = [aBuilder("o2-0"), aBuilder("o2-1", { phase: "Lost" })];
    expect(chosen([warmOn("o2-1")], { builders: gone, waitedMs: 0 })).toBe(1);
  });

  it("lets the rendezvous winner among the idle go first where nobody holds a tree, and the others after a courtesy", () => {
    const takers = fleet.filter((builder) => {
      const self = builder.metadata.name;
      return chosen([aBuild()], { self, builders: fleet, waitedMs: 0 }) === 1;
    });
    const names = fleet.map(({ metadata }) => metadata.name);
    expect(takers.map(({ metadata }) => metadata.name)).toEqual([rendezvousWinner("build/O2/o2", 1, names)]);
    for (const self of names) expect(chosen([aBuild()], { self, builders: fleet, waitedMs: 3_000 })).toBe(1);
  });

  it("does not wait for a winner that is busy", () => {
    const winner = rendezvousWinner("build/O2/o2", 1, ["o2-0", "o2-1", "o2-2"]) ?? "";
    const self = ["o2-0", "o2-1", "o2-2"].find((name) => name !== winner) ?? "";
    const others = ["o2-0", "o2-1", "o2-2"].filter((name) => name !== self);
    const busy = others.map((name, index) => heldBy(name, { number: 50 + index }));
    expect(chosen([aBuild(), ...busy], { self, builders: fleet, waitedMs: 0 })).toBe(1);
  });

  it("retries an infrastructure failure elsewhere: where it failed comes last, unless it is alone", () => {
    const trouble = {
      reason: "DiskFull" as const,
      message: "no space left",
      builder: "o2-0",
      count: 1,
      request: 1,
      at: iso(noon - 60_000),
      notBefore: iso(noon),
    };
    const failed = aBuild({}, { tree: "o2-0", trouble });
    expect(chosen([failed], { builders: fleet, waitedMs: 3_600_000 })).toBeUndefined();
    expect(chosen([failed], { builders: fleet, self: "o2-1", waitedMs: 3_600_000 })).toBe(1);
    expect(chosen([failed], { builders: builders(1) })).toBe(1);
    expect(chosen([failed], { builders: fleet, now: noon + patience })).toBe(1);
    expect(choose([failed], { now: noon - 30_000 })).toMatchObject({ again: 30_000 });
  });
});

describe("modulo", () => {
  it("gives each build to the Ready builder whose rank owns it, however long that takes", () => {
    const fleet = [...builders(3), aBuilder("o2-3", { phase: "Warming" })];
    for (let number = 1; number <= 20; number += 1) {
      const build = aBuild({ number });
      const takers = ["o2-0", "o2-1", "o2-2", "o2-3"].filter(
        (self) => chosen([build], { self, builders: fleet, strategy: "Modulo", waitedMs: 86_400_000 }) !== undefined,
      );
      expect(takers).toEqual([`o2-${ownerOfCommit("build/O2/o2", build.spec.commit, 3)}`]);
    }
    const foreign = aBuild({ number: 4 });
    const self = `o2-${(ownerOfCommit("build/O2/o2", foreign.spec.commit, 3) + 1) % 3}`;
    expect(choose([foreign], { self, builders: fleet, strategy: "Modulo" })).toEqual({
      idle: "What waits belongs to other builders: 1 in all",
    });
  });
});

describe("a running recheck", () => {
  const fleet = builders(2);
  const preempt = (builds: readonly Build[], self: string, waitedMs = patience, says: Partial<QueueView> = {}) =>
    shouldPreempt({
      self,
      builds,
      builders: fleet,
      strategy: "Affinity",
      patience,
      preference: createPreference(self),
      waited: () => waitedMs,
      now: noon,
      ...says,
    });
  const rechecks = [heldBy("o2-0", { number: 8, group: "failed" }), heldBy("o2-1", { number: 9, group: "succeeded" })];

  it("gives way, one of several and at once, to an untested pull request while nobody is idle", () => {
    const reasons = ["o2-0", "o2-1"].map((self) => preempt([aBuild(), ...rechecks], self, 0));
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([
      "The recheck gives way to build/O2/o2 of o/r#1, which is untested",
    ]);
  });

  it("gives way to what its own builder holds the tree of, whoever else is idle", () => {
    const builds = [aBuild({}, { tree: "o2-0" }), ...rechecks.slice(0, 1)];
    expect(preempt(builds, "o2-0", 0)).toBeDefined();
  });

  it("gives way to what another holds the tree of only after the patience", () => {
    const busy = [
      aBuild({}, { tree: "o2-1" }),
      heldBy("o2-0", { number: 8, group: "failed" }),
      heldBy("o2-1", { number: 9 }),
    ];
    expect(preempt(busy, "o2-0", patience - 1)).toBeUndefined();
    expect(preempt(busy, "o2-0", patience)).toBeDefined();
  });

  it("goes on while somebody is idle, or nothing untested waits", () => {
    for (const self of ["o2-0", "o2-1"]) {
      expect(preempt([aBuild(), ...rechecks.slice(0, 1)], self)).toBeUndefined();
      expect(preempt([aBuild({ group: "failed" }), ...rechecks], self)).toBeUndefined();
    }
  });

  it("is the only thing that gives way", () => {
    const builds = [aBuild(), heldBy("o2-0", { number: 8 }), heldBy("o2-1", { number: 9 })];
    expect(["o2-0", "o2-1"].map((self) => preempt(builds, self))).toEqual([undefined, undefined]);
  });
});
