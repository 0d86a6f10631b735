import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build } from "../../src/api/build.ts";
import { isMember } from "../../src/core/partition/members.ts";
import { isClaimable, isRecheck } from "../../src/core/queue/claim.ts";
import { courtesy } from "../../src/core/queue/share.ts";
import { createFleet, type Ending, type Fleet, type Process, type Recorder } from "../bench/fleet.ts";
import { randomOf } from "../bench/random.ts";

const minute = 60_000;
const patience = 10 * minute;

type Happening = { readonly what: (typeof happenings)[number]; readonly who: number; readonly after: number };
const happenings = ["open", "push", "close", "crash", "cut", "heal", "drain", "add", "nothing"] as const;

const story = fc.record({
  seed: fc.nat(),
  builders: fc.integer({ min: 1, max: 4 }),
  checks: fc.integer({ min: 1, max: 2 }),
  strategy: fc.constantFrom("Affinity" as const, "Modulo" as const),
  events: fc.array(
    fc.record({
      what: fc.constantFrom(...happenings),
      who: fc.nat({ max: 5 }),
      after: fc.integer({ min: 0, max: 20 * minute }),
    }),
    { minLength: 5, maxLength: 40 },
  ),
});

function happen(fleet: Fleet, { what, who }: Happening): void {
  const builder = `o2-${who}`;
  switch (what) {
    case "open":
    case "push":
    case "close":
      fleet[what](who + 1);
      return;
    case "crash":
    case "cut":
    case "heal":
    case "drain":
      fleet[what](builder);
      return;
    case "add":
      if (fleet.builders().length < 6) fleet.add();
      return;
    case "nothing":
      return;
    default:
      what satisfies never;
  }
}

/** Tells a story and then lets the fleet come to rest; every write and every process goes past the recorder. */
function tell(facts: typeof story extends fc.Arbitrary<infer T> ? T : never, recorder: Partial<Recorder>): Fleet {
  const random = randomOf(facts.seed);
  const fleet = createFleet({
    builders: facts.builders,
    checks: facts.checks,
    spec: { partition: { strategy: facts.strategy, patience: "10m" } },
    preempts: true,
    random,
    duration: (isWarm) => (isWarm ? 5 : 15) * minute * (0.5 + random()),
    warmup: 5 * minute,
    recorder: { wrote: () => {}, started: () => {}, stopped: () => {}, rested: () => {}, ...recorder },
  });
  let moment = fleet.now();
  for (const event of facts.events) {
    moment += event.after;
    fleet.at(moment, () => happen(fleet, event));
  }
  fleet.run(moment);
  for (const { metadata } of fleet.builders()) fleet.heal(metadata.name);
  fleet.run(moment + 6 * 60 * minute);
  return fleet;
}

const commitOf = ({ spec }: Build) => `${spec.check} ${spec.commit}`;
const check = (name: string, property: (facts: Parameters<typeof tell>[0]) => void, numRuns = 40) =>
  it(name, () => fc.assert(fc.property(story, property), { numRuns }));

describe("a fleet whose builders come, go, crash and lose their connection while people push", () => {
  check("I1: attempts and requests only grow, and at most one claim of a Build is live", (facts) => {
    tell(facts, {
      wrote: (before, after) => {
        if (before === undefined || after === undefined) return;
        expect(after.spec.request).toBeGreaterThanOrEqual(before.spec.request);
        expect(after.status?.attempt ?? 0).toBeGreaterThanOrEqual(before.status?.attempt ?? 0);
        const [held, next] = [before.status?.claim, after.status?.claim];
        if (held !== undefined && next !== undefined) expect(next).toEqual(held);
      },
    });
  });

  check("I2, I4: never build one commit for one check twice at a time, and only members start", (facts) => {
    const running = new Map<string, Process>();
    tell(facts, {
      started: (builder, process) => {
        expect(isMember(builder)).toBe(true);
        expect(running.has(commitOf(process.build))).toBe(false);
        running.set(commitOf(process.build), process);
      },
      stopped: (_, process) => running.delete(commitOf(process.build)),
    });
  });

  check("I3: accept at most one verdict for a check, commit and request", (facts) => {
    const accepted = new Set<string>();
    tell(facts, {
      wrote: (before, after) => {
        const verdict = after?.status?.verdict;
        if (after === undefined || verdict === undefined || verdict === before?.status?.verdict) return;
        const key = `${after.metadata.uid} ${after.spec.check} ${verdict.commit} ${verdict.request}`;
        expect(accepted.has(key)).toBe(false);
        accepted.add(key);
      },
    });
  });

  check("I5: end with a verdict for the head commit of every open pull request", (facts) => {
    const fleet = tell(facts, {});
    const untested = fleet.builds().filter((build) => !isRecheck(build));
    expect(untested.map(({ spec }) => spec.number)).toEqual([]);
  });

  check("I6: lose a running build only to a push, a closing, a preemption or the loss of its own builder", (facts) => {
    const lost = new Map<string, number>();
    const gone = new Set<string>();
    for (const { what, who } of facts.events) if (["crash", "cut", "drain"].includes(what)) gone.add(`o2-${who}`);
    tell(facts, {
      stopped: (builder, { build }, why: Ending) => {
        if (["crashed", "cut off", "drained"].includes(why)) expect(gone).toContain(builder);
        if (why === "preempted") expect(isRecheck(build)).toBe(true);
        if (why === "superseded") lost.set(commitOf(build), build.spec.number);
      },
    });
    const pushed = new Set(
      facts.events.filter(({ what }) => ["open", "push", "close"].includes(what)).map(({ who }) => who + 1),
    );
    for (const number of lost.values()) expect(pushed).toContain(number);
  });

  check("I8: leave no builder idle while an untested pull request has waited out its patience", (facts) => {
    if (facts.strategy === "Modulo") return;
    tell(facts, {
      rested: (fleet) => {
        for (const self of fleet.idle()) {
          const overdue = fleet
            .builds()
            .filter((build) => !isRecheck(build) && isClaimable(build, fleet.now()))
            .filter((build) => fleet.now() - fleet.seenAt(self, build) > patience + courtesy);
          expect(overdue.map(({ metadata }) => metadata.name)).toEqual([]);
        }
      },
    });
  });
});
