import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { rendezvousWinner } from "../../../../src/core/partition/affinity.ts";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import { type ChoiceInput, chooseBuild } from "../../../../src/core/queue/choose.ts";
import type { QueueView } from "../../../../src/core/queue/partitionView.ts";
import { shouldPreempt } from "../../../../src/core/queue/preempt.ts";
import { aBuild, heldBy, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const patience = 600_000;
const recheck = { failedShare: 0.7, maxShare: 0.5 };

function choose(
  builds: readonly Build[],
  fields: Partial<QueueView & ChoiceInput> & { readonly waitedMs?: number } = {},
) {
  const { waitedMs = 60_000, self = "o2-0", ...rest } = fields;
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
/** The sequence of builds of the only builder in a pool. */
function sequence(builds: readonly Build[]): number[] {
  const first = chosen(builds);
  return first === undefined ? [] : [first, ...sequence(builds.filter(({ spec }) => spec.number !== first))];
}
const waitingSince = (day: number) => `2026-01-0${day}T00:00:00Z`;

describe("priority of builds", () => {
  it("P-4: puts the longest waiting time first", () => {
    const days = [3, 1, 2].map((day) => aBuild({ number: day, waitingSince: waitingSince(day) }));
    expect(sequence(days)).toEqual([1, 2, 3]);
  });

  it("P-7: puts the priority label first, and the older of two labelled builds", () => {
    const days = [1, 2, 3, 4].map((day) => aBuild({ number: day, waitingSince: waitingSince(day), urgent: day > 2 }));
    expect(sequence(days)).toEqual([3, 4, 1, 2]);
  });

  it("P-19: does not depend on the order of the list", () => {
    const same = [7, 3, 5].map((number) => aBuild({ number }));
    expect(sequence(same)).toEqual([3, 5, 7]);
    expect(sequence(same.toReversed())).toEqual([3, 5, 7]);
  });

  it("puts untested builds before rechecks with the priority label", () => {
    expect(chosen([aBuild({ number: 1, group: "failed", urgent: true }), aBuild({ number: 2 })])).toBe(2);
  });

  it.each<[string, Build]>([
    ["requested", withVerdict("Success")],
    ["unclaimed", heldBy("o2-1")],
    ["unblocked", aBuild({ blocked: { reason: "Untrusted", message: "Approval needed" } })],
  ])("skips a Build that is not %s", (_, build) => {
    expect(choose([build])).toEqual({ idle: "No build waits" });
  });

  it("chooses nothing for a builder that is not Ready", () => {
    const cold = [aBuilder("o2-0", { phase: "Warming" })];
    expect(choose([aBuild()], { builders: cold })).toEqual({ idle: `"o2-0" is not Ready, so it starts nothing` });
  });
});

describe("recheck", () => {
  const tested = (group: "failed" | "succeeded", number: number) => aBuild({ number, group });

  it("P-5: draws a failed build with probability failedShare, uniformly within a group", () => {
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

  it("P-6: draws from the only group with builds", () => {
    expect(chosen([tested("succeeded", 3)], { random: () => 0 })).toBe(3);
    expect(chosen([tested("failed", 1)], { random: () => 0.99 })).toBe(1);
    expect(chosen([])).toBeUndefined();
  });

  it("W-45: occupies at most maxShare of the Ready builders", () => {
    const fleet = builders(4);
    const running = (builder: string, number: number) => heldBy(builder, { number, group: "failed" });
    const one = [running("o2-1", 8), tested("failed", 1)];
    expect(chosen(one, { builders: fleet })).toBe(1);
    expect(choose([...one, running("o2-2", 9)], { builders: fleet })).toEqual({
      idle: "Rechecks wait: the limit is 2 at a time for 4 Ready builders",
    });
  });

  it("runs in a pool of one builder, but never with maxShare 0", () => {
    expect(chosen([tested("failed", 1)])).toBe(1);
    expect(chosen([tested("failed", 1)], { recheck: { failedShare: 0.7, maxShare: 0 } })).toBeUndefined();
  });
});

describe("affinity", () => {
  const fleet = builders(3);
  const warmOn = (tree: string, spec = {}) => aBuild(spec, { tree });

  it("gives a pull request at once to the builder with its warm tree", () => {
    expect(chosen([warmOn("o2-0")], { builders: fleet, waitedMs: 0 })).toBe(1);
  });

  it("makes other builders wait for the patience, and gives the remaining time", () => {
    expect(choose([warmOn("o2-1")], { builders: fleet, waitedMs: 60_000 })).toEqual({
      idle: "One build waits for a preferred builder or the end of a pause; the next is free in 9m",
      again: 540_000,
    });
    expect(chosen([warmOn("o2-1")], { builders: fleet, waitedMs: patience + 3_000 })).toBe(1);
  });

  it("replaces a busy holder by a builder with an older tree", () => {
    const { verdict } = withVerdict("Success").status ?? {};
    const older = aBuild({ request: 2, commit: "f".repeat(40) }, { tree: "o2-1", ...(verdict && { verdict }) });
    const busy = heldBy("o2-1", { number: 9 });
    expect(chosen([older, busy], { builders: fleet, waitedMs: 0 })).toBe(1);
    expect(chosen([older, busy], { builders: fleet, waitedMs: 0, self: "o2-2" })).toBeUndefined();
    expect(choose([older], { builders: fleet, waitedMs: 0 })).toMatchObject({ again: 3000 });
    const begun = aBuild({}, { tree: "o2-1", olderTrees: ["o2-0"] });
    expect(chosen([begun, busy], { builders: fleet, waitedMs: 0 })).toBe(1);
  });

  it("W-20: ignores a holder that is not Ready", () => {
    const gone = [aBuilder("o2-0"), aBuilder("o2-1", { phase: "Lost" })];
    expect(chosen([warmOn("o2-1")], { builders: gone, waitedMs: 0 })).toBe(1);
  });

  it("without a tree, prefers the rendezvous winner of the idle builders for three seconds", () => {
    const takers = fleet.filter((builder) => {
      const self = builder.metadata.name;
      return chosen([aBuild()], { self, builders: fleet, waitedMs: 0 }) === 1;
    });
    const names = fleet.map(({ metadata }) => metadata.name);
    expect(takers.map(({ metadata }) => metadata.name)).toEqual([rendezvousWinner("build/O2/o2", 1, names)]);
    for (const self of names) expect(chosen([aBuild()], { self, builders: fleet, waitedMs: 3_000 })).toBe(1);
  });

  it("does not wait for a busy winner", () => {
    const winner = rendezvousWinner("build/O2/o2", 1, ["o2-0", "o2-1", "o2-2"]) ?? "";
    const self = ["o2-0", "o2-1", "o2-2"].find((name) => name !== winner) ?? "";
    const others = ["o2-0", "o2-1", "o2-2"].filter((name) => name !== self);
    const busy = others.map((name, index) => heldBy(name, { number: 50 + index }));
    expect(chosen([aBuild(), ...busy], { self, builders: fleet, waitedMs: 0 })).toBe(1);
  });

  it("retries an infrastructure failure on another builder first, unless there is only one", () => {
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
  it("gives each build only to the Ready builder with the owning rank", () => {
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
      idle: "All waiting builds belong to other builders: 1 in total",
    });
  });
});

describe("running recheck", () => {
  const fleet = builders(2);
  const preempt = (builds: readonly Build[], self: string, waitedMs = patience, fields: Partial<QueueView> = {}) =>
    shouldPreempt({
      self,
      builds,
      builders: fleet,
      strategy: "Affinity",
      patience,
      preference: createPreference(self),
      waited: () => waitedMs,
      now: noon,
      ...fields,
    });
  const rechecks = [heldBy("o2-0", { number: 8, group: "failed" }), heldBy("o2-1", { number: 9, group: "succeeded" })];

  it("is preempted at once on one builder by an untested pull request while no builder is idle", () => {
    const reasons = ["o2-0", "o2-1"].map((self) => preempt([aBuild(), ...rechecks], self, 0));
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([
      "The recheck was preempted: build/O2/o2 of o/r#1 is untested",
    ]);
  });

  it("is preempted by a build with a warm tree on this builder, even if others are idle", () => {
    const builds = [aBuild({}, { tree: "o2-0" }), ...rechecks.slice(0, 1)];
    expect(preempt(builds, "o2-0", 0)).toBeDefined();
  });

  it("is preempted by a build with a warm tree elsewhere only after the patience", () => {
    const busy = [
      aBuild({}, { tree: "o2-1" }),
      heldBy("o2-0", { number: 8, group: "failed" }),
      heldBy("o2-1", { number: 9 }),
    ];
    expect(preempt(busy, "o2-0", patience - 1)).toBeUndefined();
    expect(preempt(busy, "o2-0", patience)).toBeDefined();
  });

  it("continues while a builder is idle or no untested build waits", () => {
    for (const self of ["o2-0", "o2-1"]) {
      expect(preempt([aBuild(), ...rechecks.slice(0, 1)], self)).toBeUndefined();
      expect(preempt([aBuild({ group: "failed" }), ...rechecks], self)).toBeUndefined();
    }
  });

  it("is the only kind of build that is preempted", () => {
    const builds = [aBuild(), heldBy("o2-0", { number: 8 }), heldBy("o2-1", { number: 9 })];
    expect(["o2-0", "o2-1"].map((self) => preempt(builds, self))).toEqual([undefined, undefined]);
  });
});
