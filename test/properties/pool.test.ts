import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../src/api/objects/group.ts";
import type { PoolPlan } from "../../src/core/pool/action.ts";
import { isDrainedByPerson, isServing } from "../../src/core/pool/builder/member.ts";
import { podName } from "../../src/core/pool/builder/pod.ts";
import { planPool } from "../../src/core/pool/plan.ts";
import { poolBudgetOf } from "../../src/core/pool/rollout/budget.ts";
import { hostRevisionOf, revisionOf } from "../../src/core/pool/rollout/revision.ts";
import { World } from "../unit/core/pool/world.ts";

/** A change of a pool between two reconciles. */
type Change = (world: World) => void;

const ordinal = fc.nat({ max: 5 });
const onBuilder = (world: World, at: number, act: (name: string) => void) => {
  const name = podName("o2", at);
  if (world.builders.has(name) && world.pods.some((pod) => pod.name === name)) act(name);
};

const hostNames = ["mac-a", "mac-b", "mac-c"];
const onHost = (text: string, act: (world: World, name: string) => void) =>
  fc.constantFrom(...hostNames).map((name) => ({
    text: `${name} ${text}`,
    apply: (world: World) => {
      if (world.builders.has(name)) act(world, name);
    },
  }));

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
  fc.subarray(hostNames).map((names) => ({
    text: `hosts ${names}`,
    apply: (world: World) => world.change({ external: { names } }),
  })),
  onHost("starts", (world, name) => world.startHost(name)),
  onHost("starts", (world, name) => world.startHost(name)),
  onHost("is lost", (world, name) => world.setHost(name, "Lost")),
  onHost("is silent", (world, name) => world.setHost(name, "Suspect")),
  onHost("is quarantined", (world, name) => world.setHost(name, "Quarantined")),
  onHost("must restart", (world, name) => world.restart(name)),
  onHost("is drained by a person", (world, name) => world.annotate(name, { [drainAnnotation]: "true" })),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
  fc.constant({ text: "builders move one phase", apply: (world: World) => void world.advance() }),
);

const spec = fc.record({
  instances: fc.nat({ max: 6 }),
  external: fc.record({ names: fc.subarray(hostNames) }),
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
      .filter((member) => isServing(member) && !isDrainedByPerson(member))
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
          if (taken.length > 0) expect(after.size).toBeGreaterThanOrEqual(poolBudgetOf(world.observe()).minReady);
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
        world.step();
        for (const name of world.builders.keys()) world.annotate(name, {}); // all drains and restarts of people end
        for (const name of hostNames) world.startHost(name);
        world.settle();
        world.now += 10 * 3_600_000; // quarantines end
        world.settle();
        const { instances, external } = world.pool.spec;
        const hosts = external?.names.toSorted() ?? [];
        const names = [...Array.from({ length: instances }, (_, at) => podName("o2", at)), ...hosts];
        expect(world.phases()).toEqual(names.map((name) => `${name} Ready`));
        const target = hostRevisionOf(world.pool.spec);
        expect(hosts.every((name) => world.builder(name).status?.revision === target)).toBe(true);
        expect(world.pods.every((pod) => pod.revision === revisionOf(world.pool.spec))).toBe(true);
        expect([...world.builders.values()].every(({ spec }) => spec.desired === "Active")).toBe(true);
        expect(world.pool.status).toMatchObject({ instances, outside: hosts.length });
        expect(world.pool.status).toMatchObject({ ready: names.length, active: names.length, updated: names.length });
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
    fc.assert(
      fc.property(scenario, (given) => {
        const world = play(given, (present, _, { actions }) => {
          const ending = new Set(present.pods.filter((pod) => pod.terminating).map(({ name }) => name));
          const active = [...present.builders.values()].filter(
            ({ metadata, spec }) => spec.desired === "Active" && !ending.has(metadata.name),
          );
          const indexes = active.map(({ spec }) => spec.workerIndex ?? -1).sort((a, b) => a - b);
          expect(new Set(indexes).size, JSON.stringify(actions)).toBe(indexes.length);
          const hosts = active.filter(({ spec }) => spec.external).map(({ spec }) => spec.workerIndex ?? -1);
          const pods = active.filter(({ spec }) => !spec.external).map(({ spec }) => spec.workerIndex ?? -1);
          expect(Math.max(-1, ...pods)).toBeLessThan(Math.min(1000, ...hosts));
          for (const { spec } of active) expect(spec.workerIndex).toBeLessThan(spec.poolSize ?? 0);
        });
        world.change({ update: { ...world.pool.spec.update, paused: false, onStall: "Pause" } });
        for (const name of hostNames) world.startHost(name);
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
