import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BuilderPoolStatus } from "../../../src/api/objects/pool.ts";
import type { Trial } from "../../../src/core/comparison/trials.ts";
import { isRevisionOnTrial } from "../../../src/core/partition/silence.ts";
import { isServing } from "../../../src/core/pool/builder/member.ts";
import { podName } from "../../../src/core/pool/builder/pod.ts";
import { planPool } from "../../../src/core/pool/plan.ts";
import { budgetOf } from "../../../src/core/pool/rollout/budget.ts";
import { revisionOf } from "../../../src/core/pool/rollout/revision.ts";
import { aTrial, roll } from "../../unit/core/pool/rollout/trial.ts";
import { World } from "../../unit/core/pool/world.ts";

const agree = 3;
const targetOf = (world: World) => revisionOf(world.pool.spec);

const hasCanary = ({ pool: { spec } }: World) => spec.instances > 1 || budgetOf(spec).maxSurge > 0;

/** A pool with random changes, and what people know about each revision without asking the operator. */
class Scenario {
  readonly world: World;
  /** Revisions that may publish: the first one, and those with enough agreements in one trial. */
  readonly trusted = new Set<string>();
  /** Agreeing verdicts of the present trial. */
  readonly agreed = new Set<number>();
  hasDisagreed = false;
  /** Whether every rollout so far had a canary: a pool of one builder without surge has none. */
  isTried = true;
  #earlier: BuilderPoolStatus | undefined;
  #trial: string | undefined;

  constructor(spec: object) {
    this.world = new World(spec);
    this.world.settle();
    this.trusted.add(targetOf(this.world));
  }

  give(outcome: Trial["outcome"], number: number): void {
    const revision = targetOf(this.world);
    this.world.trials = [
      ...this.world.trials.filter((one) => one.number !== number),
      aTrial(revision, number, outcome),
    ];
  }

  close(number: number): void {
    this.world.trials = this.world.trials.filter((one) => one.number !== number);
  }

  step(isStale = false): void {
    const { world } = this;
    const before = world.pool.status;
    this.isTried &&= hasCanary(world);
    const { actions } = world.step(isStale ? this.#earlier : before);
    for (const action of actions) {
      // A builder may start as soon as the workload has the revision. It must then find itself on trial.
      if (action.do !== "applyWorkload" || this.trusted.has(action.revision) || !this.isTried) continue;
      expect(isRevisionOnTrial({ status: before }, action.revision)).toBe(true);
    }
    if (!isStale) this.#earlier = before;
    this.#learn();
  }

  /** Counts the verdicts that the operator has seen, by a simple rule of its own. */
  #learn(): void {
    const { canary } = this.world.pool.status ?? {};
    const key = canary && `${canary.revision} ${canary.agreed.length === 0 && canary.phase === "Testing"}`;
    if (canary?.revision !== this.#trial?.split(" ")[0] || (key?.endsWith("true") && !this.#trial?.endsWith("true"))) {
      this.agreed.clear();
      this.hasDisagreed = false;
    }
    this.#trial = key;
    if (canary === undefined) return;
    for (const { revision, number, outcome } of this.world.trials) {
      if (revision !== canary.revision) continue;
      if (outcome === "Agrees") this.agreed.add(number);
      if (outcome === "Confirmed" && canary.phase !== "Passed" && revision === targetOf(this.world))
        this.hasDisagreed = true;
    }
    if (canary.phase === "Passed") {
      expect(this.agreed.size).toBeGreaterThanOrEqual(agree);
      this.trusted.add(canary.revision);
    }
  }

  /** The revisions of pods that publish, as the builders read it from the status. */
  loud(): readonly string[] {
    const { pool, pods } = this.world;
    return pods.map(({ revision }) => revision).filter((revision) => !isRevisionOnTrial(pool, revision));
  }
}

type Change = (scenario: Scenario) => void;
const named = (text: string, change: Change): Change => Object.assign(change, { [fc.toStringMethod]: () => text });
const constant = (text: string, change: Change) => fc.constant(named(text, change));
const ordinal = fc.nat({ max: 5 });
const onBuilder = (world: World, at: number, act: (name: string) => void) => {
  const name = podName("o2", at);
  if (world.builders.has(name) && world.pods.some((pod) => pod.name === name)) act(name);
};
const outcomes = ["Agrees", "Agrees", "Agrees", "Differs", "Flaky", "Confirmed"] as const;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((n) => named(`scale ${n}`, ({ world }) => world.change({ instances: n }))),
  fc
    .integer({ min: 1, max: 3 })
    .map((n) => named(`image ${n}`, ({ world }) => world.change({ image: `builder:${n}` }))),
  fc
    .boolean()
    .map((paused) =>
      named(`paused ${paused}`, ({ world }) => world.change({ update: { ...world.pool.spec.update, paused } })),
    ),
  ordinal.map((at) => named(`restart ${at}`, ({ world }) => onBuilder(world, at, (name) => world.restart(name)))),
  ordinal.map((at) => named(`crash ${at}`, ({ world }) => world.crash(at))),
  ordinal.map((at) =>
    named(`quarantine ${at}`, ({ world }) => onBuilder(world, at, (name) => world.setStatus(name, "Quarantined"))),
  ),
  fc.integer({ min: 1, max: 900 }).map((minutes) =>
    named(`${minutes} minutes`, ({ world }) => {
      world.now += minutes * 60_000;
    }),
  ),
  fc
    .tuple(fc.constantFrom(...outcomes), fc.nat({ max: 6 }))
    .map(([outcome, number]) => named(`${outcome} ${number}`, (scenario) => scenario.give(outcome, number))),
  fc.nat({ max: 6 }).map((number) => named(`close ${number}`, (scenario) => scenario.close(number))),
  constant("a reconcile with the status before the last one", (scenario) => scenario.step(true)),
  ...Array.from({ length: 4 }, () => constant("builders move", ({ world }) => void world.advance())),
);

const spec = fc.record({
  instances: fc.integer({ min: 1, max: 6 }),
  update: fc.record({
    maxUnavailable: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom("25%", "50%")),
    maxSurge: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    onStall: fc.constantFrom("Pause", "Rollback"),
    canary: fc.record({ builders: fc.integer({ min: 1, max: 2 }), agree: fc.constant(agree) }),
  }),
});
const scenarios = fc.record({ spec, changes: fc.array(change, { maxLength: 40 }) });
const runs = { numRuns: 250 };

function play(
  { spec: given, changes }: { spec: object; changes: readonly Change[] },
  look: (scenario: Scenario) => void = () => {},
): Scenario {
  const scenario = new Scenario(given);
  for (const apply of changes) {
    apply(scenario);
    scenario.step();
    look(scenario);
  }
  return scenario;
}

describe("a canary rollout", () => {
  it("lets no revision publish before enough of its verdicts agree, in any sequence of events", () => {
    fc.assert(
      fc.property(scenarios, (given) => {
        play(given, (scenario) => {
          if (!scenario.isTried) return;
          for (const revision of scenario.loud()) expect([...scenario.trusted]).toContain(revision);
        });
      }),
      runs,
    );
  });

  it("with a confirmed disagreement starts no further builder at the revision", () => {
    fc.assert(
      fc.property(scenarios, (given) => {
        play(given, ({ world, hasDisagreed }) => {
          const { canary } = world.pool.status ?? {};
          if (!hasDisagreed || canary?.revision !== targetOf(world) || canary.phase !== "Disagreed") return;
          if (world.pool.spec.update.paused) return;
          const ordinals = world.pods.map((pod) => pod.ordinal);
          for (const at of ordinals) world.crash(at);
          world.step();
          expect(world.workload?.revision).not.toBe(canary.revision);
          expect(world.pool.status?.conditions?.find(({ type }) => type === "Stalled")?.status).toBe("True");
        });
      }),
      runs,
    );
  });

  it("takes no loud builder out of service beyond the budget", () => {
    fc.assert(
      fc.property(scenarios, (given) => {
        const scenario = new Scenario(given.spec);
        const { world } = scenario;
        const loud = () =>
          world
            .members()
            .filter((one) => isServing(one) && !isRevisionOnTrial(world.pool, one.pod?.revision ?? ""))
            .map(({ name }) => name);
        for (const apply of given.changes) {
          apply(scenario);
          const before = loud();
          scenario.step();
          const after = new Set(loud());
          const drained = before.filter((name) => world.builders.get(name)?.spec.desired === "Drain");
          if (drained.length > 0) expect(after.size).toBeGreaterThanOrEqual(budgetOf(world.pool.spec).minReady);
        }
      }),
      runs,
    );
  });

  it("ends with all builders at the revision when verdicts agree", () => {
    fc.assert(
      fc.property(scenarios, (given) => {
        const { world } = play(given);
        const { instances, update } = world.pool.spec;
        world.change({ image: "builder:9", update: { ...update, paused: false, onStall: "Pause" } });
        roll(world);
        world.now += 10 * 3_600_000; // quarantines end
        world.trials = Array.from({ length: agree }, (_, n) => aTrial(targetOf(world), n));
        roll(world);
        world.now += 10 * 3_600_000;
        roll(world);
        expect(world.phases()).toEqual(Array.from({ length: instances }, (_, at) => `${podName("o2", at)} Ready`));
        expect(world.pods.every(({ revision }) => revision === targetOf(world))).toBe(true);
        expect(world.pool.status).toMatchObject({ ready: instances, active: instances, updated: instances });
        expect(world.pool.status?.canary).toBeUndefined();
        const again = planPool(world.observe(), world.now + 1);
        expect(again.actions).toEqual([]);
        expect(again.status).toEqual(world.pool.status);
      }),
      runs,
    );
  });

  it("returns every builder with onStall: Rollback when a verdict disagrees", () => {
    fc.assert(
      fc.property(scenarios, (given) => {
        const { world } = play(given);
        fc.pre(hasCanary(world));
        const { update } = world.pool.spec;
        world.change({ update: { ...update, paused: false, onStall: "Rollback" } });
        world.now += 10 * 3_600_000; // quarantines end
        roll(world);
        world.change({ image: "builder:9" });
        roll(world);
        fc.pre(world.pool.status?.canary?.phase === "Testing");
        const { canary, previousRevision } = world.pool.status ?? {};
        world.trials = [aTrial(targetOf(world), 1, "Confirmed")];
        roll(world);
        world.now += 10 * 3_600_000;
        roll(world);
        expect(canary?.loudRevisions).toContain(previousRevision);
        expect(world.pods.every(({ revision }) => revision === previousRevision)).toBe(true);
        expect(world.phases().every((phase) => phase.endsWith(" Ready"))).toBe(true);
      }),
      runs,
    );
  });
});
