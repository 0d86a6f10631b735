import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build } from "../../src/api/objects/build.ts";
import { isRecheck } from "../../src/core/build/state.ts";
import { createFleet, type Fleet, type Recorder } from "../support/fleet/fleet.ts";
import { randomOf } from "../support/random.ts";

const minute = 60_000;
const names = ["mac-a", "mac-b", "mac-c"];
const eventNames = [
  "open",
  "push",
  "close",
  "join",
  "sleep",
  "heal",
  "cut",
  "reboot",
  "clone",
  "leave",
  "crash",
] as const;

const scenario = fc.record({
  seed: fc.nat(),
  pods: fc.integer({ min: 0, max: 2 }),
  events: fc.array(
    fc.record({
      name: fc.constantFrom(...eventNames),
      target: fc.nat({ max: 2 }),
      after: fc.integer({ min: 0, max: 20 * minute }),
    }),
    { minLength: 5, maxLength: 40 },
  ),
});
type Facts = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Runs a scenario. Then all hosts return and join, and run six more hours. */
function runScenario({ seed, pods, events }: Facts, recorder: Partial<Recorder>): Fleet {
  const random = randomOf(seed);
  const fleet = createFleet({
    builders: pods,
    spec: {},
    preempts: true,
    random,
    duration: (isWarm) => (isWarm ? 10 : 40) * minute * (0.5 + random()),
    warmup: 5 * minute,
    recorder: { wrote: () => {}, started: () => {}, stopped: () => {}, settled: () => {}, ...recorder },
  });
  const joinAll = () => {
    for (const name of names) fleet.join(name);
  };
  joinAll();
  let moment = fleet.now() + 10 * minute;
  for (const { name, target, after } of events) {
    moment += after;
    const isOfPullRequest = name === "open" || name === "push" || name === "close";
    fleet.at(moment, () => (isOfPullRequest ? fleet[name](target + 1) : fleet[name](names[target] ?? "")));
  }
  fleet.run(moment + 45 * minute);
  for (const { metadata } of fleet.builders()) fleet.heal(metadata.name);
  joinAll();
  fleet.run(moment + 7 * 60 * minute);
  return fleet;
}

const check = (title: string, property: (facts: Facts) => void) =>
  it(title, () => fc.assert(fc.property(scenario, property), { numRuns: 40 }));

describe("hosts that sleep, reboot, are copied, leave and return", () => {
  check("double nothing: no commit runs twice at a time, and no request gets two verdicts", (facts) => {
    const running = new Map<string, string>();
    const accepted = new Set<string>();
    const commitOf = ({ spec }: Build) => `${spec.check} ${spec.commit}`;
    runScenario(facts, {
      started: ({ metadata }, { build }) => {
        expect([metadata.name, running.get(commitOf(build))]).toEqual([metadata.name, undefined]);
        running.set(commitOf(build), metadata.name);
      },
      stopped: (_, { build }) => running.delete(commitOf(build)),
      wrote: (before, after) => {
        const verdict = after?.status?.verdict;
        if (before === undefined || verdict === undefined || verdict === before.status?.verdict) return;
        const key = `${before.metadata.uid} ${verdict.commit} ${verdict.request}`;
        expect(accepted.has(key)).toBe(false);
        accepted.add(key);
      },
    });
  });

  check("lose nothing: every open pull request is tested, and none is blamed for a lost host", (facts) => {
    const fleet = runScenario(facts, {
      wrote: (_, after) => expect(after?.status?.verdict?.cause).toBeUndefined(),
    });
    const open = fleet.builds().filter(({ spec }) => spec.blocked?.reason !== "Closed");
    expect(open.filter((build) => !isRecheck(build))).toEqual([]);
  });
});
