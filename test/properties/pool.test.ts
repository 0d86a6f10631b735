import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../src/api/objects/group.ts";
import type { PoolPlan } from "../../src/core/pool/action.ts";
import { isServing } from "../../src/core/pool/builder/member.ts";
import { podName } from "../../src/core/pool/builder/pod.ts";
import { planPool } from "../../src/core/pool/plan.ts";
import { budgetOf } from "../../src/core/pool/rollout/budget.ts";
import { revisionOf } from "../../src/core/pool/rollout/revision.ts";
import { World } from "../unit/core/pool/world.ts";

/** A change of a pool between two reconciles. */
type Change = (world: World) => void;

const ordinal = fc.nat({ max: 5 });
const onBuilder = (world: World, at: number, act: (name: string) => void) => {
  const name = podName("o2", at);
  if (world.builders.has(name) && world.pods.some((pod) => pod.name === name)) act(name);
};

const change: fc.Arbitrary<{ text: string; apply: Change }> = fc.oneof(
  fc.nat({ max: 6 }).map((instances) => ({
    text: `scale to ${instances}`,
    apply: (world: World) => world.change({ instances }),
  })),
  fc.integer({ min: 1, max: 3 }).map((image) => ({
    text: `image ${image}`,
    apply: (world: World) => world.change({ image: `builder:${image}` }),
  })),
  fc.boolean().map((paused) => ({
    text: `paused ${paused}`,
    apply: (world: World) => world.change({ update: { ...world.pool.spec.update, paused } }),
  })),
  ordinal.map((at) => ({
    text: `restart ${at}`,
    apply: (world: World) => onBuilder(world, at, (name) => world.restart(name)),
  })),
  ordinal.map((at) => ({ text: `crash ${at}`, apply: (world: World) => world.crash(at) })),
  ordinal.map((at) => ({
    text: `quarantine ${at}`,
    apply: (world: World) => onBuilder(world, at, (name) => world.setStatus(name, "Quarantined")),
  })),
  fc.integer({ min: 1, max: 300 }).map((minutes) => ({
    text: `${minutes} minutes pass`,
    apply: (world: World) => {
      world.now += minutes * 60_000;
    },
  })),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
);

const spec = fc.record({
  instances: fc.nat({ max: 6 }),
  update: fc.record({
    maxUnavailable: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom("0%", "25%", "50%", "100%")),
    maxSurge: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    onStall: fc.constantFrom("Pause", "Rollback"),
  }),
});

const scenario = fc.record({ spec, changes: fc.array(change, { maxLength: 25 }) });

const serving = (world: World) =>
  new Set(
    world
      .members()
      .filter((member) => member.ordinal !== undefined && isServing(member))
      .map(({ name }) => name),
  );

/** Plays a scenario. Calls `look` after each reconcile, with the serving builders before it. */
function play(
  { spec: given, changes }: { spec: object; changes: readonly { apply: Change }[] },
  look: (world: World, before: ReadonlySet<string>, plan: PoolPlan) => void,
): World {
  const world = new World(given);
  for (const { apply } of [{ apply: () => {} }, ...changes]) {
    apply(world);
    const before = serving(world);
    look(world, before, world.step());
  }
  return world;
}

const runs = { numRuns: 1000 };

describe("the pool planner", () => {
  it("never reduces the number of ready builders below the budget", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        play(given, (world, before) => {
          const after = serving(world);
          const taken = [...before].filter((name) => !after.has(name));
          if (taken.length > 0) expect(after.size).toBeGreaterThanOrEqual(budgetOf(world.pool.spec).minReady);
        });
      }),
      runs,
    );
  });

  it("always completes: all builders exist, warm, active and at the revision, without a surplus", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const world = play(given, () => {});
        world.change({ update: { ...world.pool.spec.update, paused: false, onStall: "Pause" } });
        world.settle();
        world.now += 10 * 3_600_000; // quarantines end
        world.settle();
        const { instances } = world.pool.spec;
        const expected = Array.from({ length: instances }, (_, at) => `${podName("o2", at)} Ready`);
        expect(world.phases()).toEqual(expected);
        expect(world.pods.every((pod) => pod.revision === revisionOf(world.pool.spec))).toBe(true);
        expect([...world.builders.values()].every(({ spec }) => spec.desired === "Active")).toBe(true);
        expect(world.pool.status).toMatchObject({ ready: instances, active: instances, updated: instances });
      }),
      runs,
    );
  });

  it("comes to rest: after three reconciles without a change no action or status write is left", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const world = play(given, () => {});
        world.step();
        world.step();
        const again = planPool(world.observe(), world.now + 1);
        expect(again.actions).toEqual([]);
        expect(again.events).toEqual([]);
        expect(again.status).toEqual(world.pool.status);
      }),
      runs,
    );
  });

  it("leaves ready builders alone, except those that a scale-down removes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 8 }), (from, to) => {
        const world = new World({ instances: from });
        world.settle();
        const uids = new Map(world.pods.map(({ name, uid }) => [name, uid]));
        world.done.length = 0;
        world.change({ instances: to });
        world.settle();
        const drained = world.done.flatMap((action) =>
          action.do === "applyBuilder" && action.spec.desired === "Drain" ? [action.name] : [],
        );
        const gone = Array.from({ length: Math.max(0, from - to) }, (_, at) => podName("o2", from - 1 - at));
        expect(drained.reverse()).toEqual(gone);
        expect(world.done.filter((action) => action.do === "deletePod")).toEqual([]);
        for (const { name, uid } of world.pods) expect(uids.get(name) ?? uid).toBe(uid);
      }),
      runs,
    );
  });

  it("rolls each builder once, from high to low ordinals", () => {
    const update = fc.record({
      maxUnavailable: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom("25%", "50%")),
      maxSurge: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), update, (instances, how) => {
        const world = new World({ instances, update: how });
        world.settle();
        world.done.length = 0;
        world.change({ image: "builder:2" });
        world.settle();
        const deleted = world.done.flatMap((action) => (action.do === "deletePod" ? [action.name] : []));
        expect(deleted).toEqual(Array.from({ length: instances }, (_, at) => podName("o2", instances - 1 - at)));
      }),
      runs,
    );
  });

  it("W-21: assigns worker indexes without gaps to all active builders, outside hosts last", () => {
    const outside = fc.uniqueArray(fc.constantFrom("mac1", "mac2", "mac3"));
    fc.assert(
      fc.property(scenario, outside, (given, hosts) => {
        const world = new World(given.spec);
        for (const name of hosts) world.addOutsideHost(name);
        for (const { apply } of given.changes) {
          apply(world);
          world.step();
          const ending = new Set(world.pods.filter((pod) => pod.terminating).map(({ name }) => name));
          const active = [...world.builders.values()].filter(
            ({ metadata, spec }) => spec.desired === "Active" && !ending.has(metadata.name),
          );
          const indexes = active.map(({ spec }) => spec.workerIndex ?? -1).sort((a, b) => a - b);
          expect(new Set(indexes).size).toBe(indexes.length);
          const sorted = [...hosts].sort().map((name) => world.builder(name).spec);
          const first = sorted[0]?.workerIndex ?? 0;
          expect(sorted.map((spec) => spec.workerIndex)).toEqual(sorted.map((_, at) => first + at));
          for (const { spec } of active) expect(spec.workerIndex).toBeLessThan(spec.poolSize ?? 0);
        }
        world.change({ update: { ...world.pool.spec.update, paused: false, onStall: "Pause" } });
        world.settle();
        const all = [...world.builders.values()].map(({ spec }) => spec);
        expect(all.map((spec) => spec.workerIndex ?? -1).sort((a, b) => a - b)).toEqual(all.map((_, at) => at));
        expect(all.every((spec) => spec.poolSize === all.length)).toBe(true);
      }),
      runs,
    );
  });

  it("never activates a builder drained by a person", () => {
    fc.assert(
      fc.property(scenario, ordinal, (given, at) => {
        const world = new World({ ...given.spec, instances: 6 });
        world.settle();
        const name = podName("o2", at);
        world.annotate(name, { [drainAnnotation]: "true" });
        for (const { apply } of given.changes) {
          apply(world);
          world.step();
          const builder = world.builders.get(name);
          if (builder?.metadata.annotations?.[drainAnnotation] !== "true") return;
          expect(builder.spec.desired).toBe("Drain");
        }
      }),
      runs,
    );
  });
});
