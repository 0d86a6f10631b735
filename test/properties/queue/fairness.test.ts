import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { fairOrderOf } from "../../../src/core/queue/order/fairness.ts";
import { compareWaiting } from "../../../src/core/queue/order/priority.ts";
import { createFleet } from "../../support/fleet/fleet.ts";
import { aBuild } from "../../support/objects/build.ts";
import { iso, noon } from "../../support/objects/moment.ts";
import { randomOf } from "../../support/random.ts";

const minute = 60_000;
const authors = ["alice", "bob", "carol", "dave"] as const;
const moment = fc.integer({ min: -500, max: -1 }).map((minutes) => iso(noon + minutes * minute));
const member = fc.record({
  author: fc.constantFrom(...authors),
  waitingSince: moment,
  urgent: fc.boolean(),
  lastTurn: fc.option(moment, { nil: undefined }),
});
const queue = fc
  .array(member, { minLength: 2, maxLength: 20 })
  .map((all) =>
    all.map(({ lastTurn, ...spec }, index) =>
      aBuild({ ...spec, number: index + 1 }, lastTurn === undefined ? {} : { lastTurn }),
    ),
  );
const byAuthor = { by: ["Author" as const], weights: [] };
const numbersOf = (builds: readonly Build[]) => builds.map(({ spec }) => spec.number);

describe("order of untested builds", () => {
  it("is the waiting time in a pool with one group", () => {
    fc.assert(
      fc.property(queue, (builds) => {
        const fairness = { by: ["Repository" as const, "Check" as const], weights: [] };
        const order = fairOrderOf({ builds, fairness, now: noon });
        expect(numbersOf(builds.toSorted(order))).toEqual(numbersOf(builds.toSorted(compareWaiting)));
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same for every builder, whatever the order of its lists", () => {
    fc.assert(
      fc.property(
        queue.chain((builds) =>
          fc.tuple(fc.constant(builds), fc.shuffledSubarray(builds, { minLength: builds.length })),
        ),
        ([builds, shuffled]) => {
          const first = builds.toSorted(fairOrderOf({ builds, fairness: byAuthor, now: noon }));
          const second = shuffled.toSorted(fairOrderOf({ builds: shuffled, fairness: byAuthor, now: noon }));
          expect(numbersOf(second)).toEqual(numbersOf(first));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

interface Start {
  readonly author: string;
  readonly number: number;
  readonly at: number;
  /** The later of the build's request and the last turn of its group. */
  readonly since: number;
}

const arrivals = fc.array(
  fc.record({
    author: fc.nat({ max: 3 }),
    after: fc.integer({ min: 0, max: 40 }),
    count: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 3, maxLength: 8 },
);
const facts = fc.record({
  seed: fc.nat(),
  builders: fc.integer({ min: 1, max: 3 }),
  weight: fc.integer({ min: 1, max: 3 }),
  arrivals,
});

/** Runs a fleet while authors open pull requests. Returns all starts in their order. */
function run(
  given: typeof facts extends fc.Arbitrary<infer T> ? T : never,
  hours = 12,
): {
  readonly starts: readonly Start[];
  readonly opened: number;
} {
  const random = randomOf(given.seed);
  const owners: string[] = [""];
  const starts: Start[] = [];
  const fleet = createFleet({
    builders: given.builders,
    spec: {
      partition: { strategy: "Affinity", patience: "10m" },
      fairness: { by: ["Author"], weights: [{ author: authors[0], weight: given.weight }] },
      recheck: { failedShare: 0.7, maxShare: 0, minBackoff: "10m", maxBackoff: "12h" },
    },
    preempts: true,
    random,
    duration: () => 10 * minute * (0.5 + random()),
    warmup: 5 * minute,
    partOf: (number) => ({ author: owners[number] ?? "" }),
    isRed: () => false,
    recorder: {
      wrote: () => {},
      stopped: () => {},
      settled: () => {},
      started: (_, { build, startedAt }) => {
        const { author, number, waitingSince } = build.spec;
        const turn = starts.findLast((one) => one.author === author)?.at ?? 0;
        starts.push({ author, number, at: startedAt, since: Math.max(turn, Date.parse(waitingSince)) });
      },
    },
  });
  let now = fleet.now();
  for (const { author, after, count } of given.arrivals) {
    now += after * minute;
    const numbers = Array.from({ length: count }, () => owners.push(authors[author] ?? "") - 1);
    fleet.at(now, () => {
      for (const number of numbers) fleet.open(number);
    });
  }
  fleet.run(now + hours * 60 * minute);
  return { starts, opened: owners.length - 1 };
}

describe("authors who share the builders", () => {
  it("overtake a waiting author at most as often as their weight, and nobody starves", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { starts, opened } = run(given);

        expect(new Set(starts.map(({ number }) => number)).size).toBe(opened);
        for (const start of starts) {
          // A new request reaches the builders with the next listing.
          const between = starts.filter(({ at }) => at > start.since + minute && at < start.at);
          for (const author of authors.filter((one) => one !== start.author)) {
            const weight = author === authors[0] ? given.weight : 1;
            expect(between.filter((one) => one.author === author).length).toBeLessThanOrEqual(weight);
          }
        }
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it("wait for one build of an author who opens 100 pull requests, not for 100", () => {
    const flood = { author: 1, after: 0, count: 100 };
    const others = [2, 3].map((author) => ({ author, after: 30, count: 3 }));
    const { starts } = run({ seed: 1, builders: 1, weight: 1, arrivals: [flood, ...others] }, 24);
    const places = starts.flatMap(({ author }, place) => (author === "bob" ? [] : [place]));

    expect(starts).toHaveLength(106);
    expect(places.at(-1)).toBeLessThan(16);
  });
});
