import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build } from "../../src/api/objects/build.ts";
import { streakLength, streakOf } from "../../src/core/verdict/streak.ts";
import { createFleet } from "../support/fleet/fleet.ts";
import { randomOf } from "../support/random.ts";

const minute = 60_000;

interface Facts {
  readonly seed: number;
  readonly builders: number;
  /** The builder whose tree is damaged, and whether a new tree mends it. */
  readonly bad: number;
  readonly isMachine: boolean;
  /** Every n-th pull request is really red. */
  readonly reds: number;
}

const facts = fc.record({
  seed: fc.nat(),
  builders: fc.integer({ min: 1, max: 5 }),
  bad: fc.nat({ max: 4 }),
  isMachine: fc.boolean(),
  reds: fc.constantFrom(3, 5, 1000),
});

/** A verdict on old trees was refuted, and the damaged machine fails the same commit on its fresh trees. */
const refuted: Facts = { seed: 1089352182, builders: 5, bad: 2, isMachine: true, reds: 1000 };

/** One day of 30 pull requests in a pool with one bad builder, which fails everything. */
function runDay({ seed, builders, bad, isMachine, reds }: Facts) {
  const random = randomOf(seed);
  const broken = `o2-${bad % builders}`;
  const isMachineBroken = isMachine && builders > 1;
  const isTrulyRed = ({ spec }: Build) => spec.number % reds === 0;
  /** Red verdicts of the bad builder on good pull requests, and the order of its verdicts. */
  const wrong: { readonly builder: string; readonly number: number; readonly generation: number }[] = [];
  const openStreaks: string[] = [];
  const fleet = createFleet({
    builders,
    spec: {},
    preempts: true,
    random,
    duration: (isWarm) => (isWarm ? 10 : 30) * minute * (0.5 + random()),
    warmup: 30 * minute,
    isRed: (build, builder, generation) =>
      isTrulyRed(build) || (builder === broken && (isMachineBroken || generation === 0)),
    recorder: {
      wrote: (before, after) => {
        const verdict = after?.status?.verdict;
        if (after === undefined || verdict === undefined || verdict === before?.status?.verdict) return;
        const judge = { builder: verdict.builder, generation: verdict.generation ?? 0 };
        if (verdict.result !== "Failure") return;
        const { reds } = streakOf(judge, fleet.builds());
        // Several red verdicts on one pull request count once.
        if (new Set(reds.map(({ build }) => build.spec.number)).size > streakLength)
          openStreaks.push(after.metadata.name);
        if (!isTrulyRed(after)) wrong.push({ ...judge, number: after.spec.number });
      },
      started: () => {},
      stopped: () => {},
      settled: () => {},
    },
  });
  const start = fleet.now();
  for (let number = 1; number <= 30; number += 1) fleet.at(start + number * 15 * minute, () => fleet.open(number));
  fleet.run(start + 24 * 60 * minute);
  return { fleet, wrong, openStreaks, isTrulyRed };
}

const status = (build: Build) => build.status?.verdict?.result;

describe("a pool with a builder that fails every pull request", () => {
  it("gives at most three wrong red verdicts in a row, and ends pull requests with their right verdicts", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { fleet, wrong, openStreaks, isTrulyRed } = runDay(given);

        expect(openStreaks).toEqual([]);
        // A confirmed red verdict ends a streak, so more wrong ones can follow only among truly red pull requests.
        for (const generation of given.reds === 1000 ? [0, 1] : []) {
          const numbers = wrong.filter((one) => one.generation === generation).map(({ number }) => number);
          expect(new Set(numbers).size).toBeLessThanOrEqual(streakLength);
        }
        const last = fleet.builds().map(({ spec, status }) => [spec.number, status?.verdict?.result]);
        expect(last).toHaveLength(30);
        const mistaken = fleet
          .builds()
          .filter((build) => status(build) !== (isTrulyRed(build) ? "Failure" : "Success"))
          .map(({ spec }) => spec.number);
        // A truly red pull request confirms only its own verdict, so the wrong ones beside it are found.
        expect(mistaken.length).toBeLessThanOrEqual(streakLength);
      }),
      { numRuns: 12, examples: [[refuted]] },
    );
  }, 180_000);

  it("gives every pull request its verdict if all are truly red, although all builders need second opinions", () => {
    for (const builders of [1, 2, 3]) {
      const { fleet } = runDay({ seed: builders, builders, bad: 0, isMachine: false, reds: 1 });
      const missing = fleet.builds().filter((build) => status(build) !== "Failure");
      expect(missing.map(({ spec }) => spec.number)).toEqual([]);
    }
  }, 180_000);

  it("quarantines a builder that fails after it threw its trees away", () => {
    const { fleet } = runDay({ seed: 1, builders: 3, bad: 1, isMachine: true, reds: 1000 });
    const phases = fleet.builders().map(({ metadata, status }) => `${metadata.name} ${status?.phase}`);
    expect(phases).toEqual(["o2-0 Ready", "o2-1 Quarantined", "o2-2 Ready"]);
  });
});
