import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build } from "../../src/api/objects/build.ts";
import { retryHoldOf } from "../../src/core/build/retry.ts";
import { isClaimable, isRecheck } from "../../src/core/build/state.ts";
import { isActive } from "../../src/core/partition/active.ts";
import { courtesy } from "../../src/core/queue/partitionView.ts";
import { createFleet, type Fleet, type Recorder } from "../support/fleet/fleet.ts";
import { randomOf } from "../support/random.ts";

const minute = 60_000;
const patience = 10 * minute;
const shared = { isShared: true, patience };

type FleetEvent = { readonly name: (typeof eventNames)[number]; readonly target: number; readonly after: number };
const eventNames = ["open", "push", "close", "crash", "cut", "heal", "drain", "add", "nothing"] as const;

const scenario = fc.record({
  seed: fc.nat(),
  builders: fc.integer({ min: 1, max: 4 }),
  checks: fc.integer({ min: 1, max: 2 }),
  strategy: fc.constantFrom("Affinity" as const, "Modulo" as const),
  events: fc.array(
    fc.record({
      name: fc.constantFrom(...eventNames),
      target: fc.nat({ max: 5 }),
      after: fc.integer({ min: 0, max: 20 * minute }),
    }),
    { minLength: 5, maxLength: 40 },
  ),
});

function applyEvent(fleet: Fleet, { name, target }: FleetEvent): void {
  const builder = `o2-${target}`;
  switch (name) {
    case "open":
    case "push":
    case "close":
      fleet[name](target + 1);
      return;
    case "crash":
    case "cut":
    case "heal":
    case "drain":
      fleet[name](builder);
      return;
    case "add":
      if (fleet.builders().length < 6) fleet.add();
      return;
    case "nothing":
      return;
    default:
      name satisfies never;
  }
}

/** Runs a scenario, then heals all builders and runs six more hours. The recorder observes every write and process. */
function runScenario(
  facts: typeof scenario extends fc.Arbitrary<infer T> ? T : never,
  recorder: Partial<Recorder>,
): Fleet {
  const random = randomOf(facts.seed);
  const fleet = createFleet({
    builders: facts.builders,
    checks: facts.checks,
    spec: { partition: { strategy: facts.strategy, patience: "10m" } },
    preempts: true,
    random,
    duration: (isWarm) => (isWarm ? 10 : 40) * minute * (0.5 + random()),
    warmup: 5 * minute,
    recorder: { wrote: () => {}, started: () => {}, stopped: () => {}, settled: () => {}, ...recorder },
  });
  let moment = fleet.now();
  for (const event of facts.events) {
    moment += event.after;
    fleet.at(moment, () => applyEvent(fleet, event));
  }
  fleet.run(moment);
  for (const { metadata } of fleet.builders()) fleet.heal(metadata.name);
  fleet.run(moment + 6 * 60 * minute);
  return fleet;
}

const commitOf = ({ spec }: Build) => `${spec.check} ${spec.commit}`;
const check = (title: string, property: (facts: Parameters<typeof runScenario>[0]) => void, numRuns = 25) =>
  it(title, () => fc.assert(fc.property(scenario, property), { numRuns }));

describe("fleet with crashes, lost connections, drains and pushes", () => {
  check("I1, I3: only raises attempts and requests, with one live claim and one verdict per request", (facts) => {
    const accepted = new Set<string>();
    runScenario(facts, {
      wrote: (before, after) => {
        if (before === undefined || after === undefined) return;
        expect(after.spec.request).toBeGreaterThanOrEqual(before.spec.request);
        expect(after.status?.attempt ?? 0).toBeGreaterThanOrEqual(before.status?.attempt ?? 0);
        const [held, next] = [before.status?.claim, after.status?.claim];
        if (held !== undefined && next !== undefined) expect(next).toEqual(held);
        const verdict = after.status?.verdict;
        if (verdict === undefined || verdict === before.status?.verdict) return;
        const key = `${before.metadata.uid} ${verdict.commit} ${verdict.request}`;
        expect(accepted.has(key)).toBe(false);
        accepted.add(key);
      },
    });
  });

  check("I2, I4: never builds a commit twice at a time, and starts only on Ready builders", (facts) => {
    const running = new Set<string>();
    runScenario(facts, {
      started: ({ spec, status }, { build, holder }) => {
        expect([spec.desired, status?.phase, status?.warm?.incarnation]).toEqual([
          "Active",
          "Ready",
          holder.incarnation,
        ]);
        expect(running.has(commitOf(build))).toBe(false);
        running.add(commitOf(build));
      },
      stopped: (_, { build }) => running.delete(commitOf(build)),
    });
  });

  check("I6: stops a running build only after a push, a close, a preemption or the loss of its builder", (facts) => {
    const named = (...names: readonly FleetEvent["name"][]) =>
      facts.events.filter((event) => names.includes(event.name));
    const gone = new Set(named("crash", "cut", "drain").map(({ target }) => `o2-${target}`));
    const pushed = new Set(named("open", "push", "close").map(({ target }) => target + 1));
    runScenario(facts, {
      stopped: (builder, { build }, why) => {
        if (why === "crashed" || why === "cut off" || why === "drained") expect(gone).toContain(builder);
        if (why === "superseded") expect(pushed).toContain(build.spec.number);
        if (why === "preempted") expect(isRecheck(build)).toBe(true);
      },
    });
  });

  check(
    "I5, I8: has no idle builder while a pull request is overdue, and finally tests every pull request",
    (facts) => {
      const fleet = runScenario(facts, {
        settled: (now) => {
          for (const self of facts.strategy === "Modulo" ? [] : now.idle()) {
            const overdue = now
              .builds()
              .filter((build) => !isRecheck(build) && isClaimable(build, now.now()))
              .filter((build) => now.now() - now.seenAt(self, build) > patience + courtesy)
              .filter(
                (build) => retryHoldOf(build, { self, builders: now.builders(), ...shared, now: now.now() }) === 0,
              );
            expect(overdue.map(({ metadata }) => metadata.name)).toEqual([]);
          }
        },
      });
      // The fleet has no reporter, so a Build that was closed after its verdict stays.
      const open = fleet.builds().filter(({ spec }) => spec.blocked?.reason !== "Closed");
      expect(open.filter((build) => !isRecheck(build))).toEqual([]);
    },
  );

  check("B-13: stops the build of an outdated commit at once, unless its builder is cut off", (facts) => {
    runScenario(facts, {
      settled: (fleet) => {
        const reached = new Set(
          fleet
            .builders()
            .filter(isActive)
            .map(({ metadata }) => metadata.name),
        );
        for (const { spec, status } of fleet.builds()) {
          if (!reached.has(status?.claim?.builder ?? "") || fleet.isCut(status?.claim?.builder ?? "")) continue;
          expect(status?.claim?.commit).toBe(spec.commit);
        }
      },
    });
  });
});
