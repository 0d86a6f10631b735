import { describe, expect, it } from "vitest";
import type { PoolConditionType } from "../../../../../src/api/objects/reasons.ts";
import type { WorkloadEnvironment } from "../../../../../src/core/pool/observed.ts";
import { eventsOf } from "../settled.ts";
import { World } from "../world.ts";

function settled(spec: ConstructorParameters<typeof World>[0], environment: WorkloadEnvironment = {}): World {
  const world = new World(spec);
  world.environment = environment;
  world.settle();
  world.done.length = 0;
  return world;
}

function condition(world: World, type: PoolConditionType) {
  const found = world.pool.status?.conditions?.find((one) => one.type === type);
  return found && `${found.status} ${found.reason}: ${found.message}`;
}

describe("a workload changed by hand", () => {
  it("is restored without an Event or a restart", () => {
    const world = settled({ instances: 2 });
    world.environment = { hasDrifted: true };
    const plan = world.step();
    expect(world.done.map(({ do: operation }) => operation)).toEqual(["applyWorkload"]);
    expect(eventsOf(plan)).toEqual([]);
  });

  it("is left alone while it matches the spec", () => {
    const world = settled({ instances: 2 }, { hasDrifted: false });
    expect(world.step().actions).toEqual([]);
  });
});

describe("a pod that does not start", () => {
  it("appears in the conditions with its reason", () => {
    const world = settled({ instances: 3 });
    world.pods = world.pods.map((pod) =>
      pod.ordinal === 0 ? pod : { ...pod, uid: `${pod.uid}b`, startFailure: "no node takes it" },
    );
    world.step();
    const clause = '; "o2-1" does not start: no node takes it, and 1 more do not \\(kubectl describe pod o2-1\\)$';
    expect(condition(world, "Progressing")).toMatch(new RegExp(`^True NotEnoughReady: 1 of 3 .*${clause}`));
    expect(condition(world, "Available")).toMatch(new RegExp(`^False NotEnoughReady: 1 of 3 .*${clause}`));
  });
});

describe("a new image of the builder program", () => {
  it("rolls like any other change, from high to low ordinals", () => {
    const world = settled({ instances: 2 }, { program: "builder:1" });
    const before = world.pool.status?.revision;
    world.environment = { program: "builder:2" };
    world.settle();
    expect(world.pool.status?.revision).not.toBe(before);
    expect(world.done.flatMap((action) => (action.do === "deletePod" ? [action.name] : []))).toEqual(["o2-1", "o2-0"]);
  });
});

describe("a refused pool", () => {
  const taken = { reason: "NameTaken", message: 'The StatefulSet "o2" belongs to another owner' } as const;
  const invalid = { reason: "DefinitionInvalid", message: "spec.image is missing" } as const;

  it("touches no object of its name and shows the owner", () => {
    const world = settled({ instances: 2 }, { refusal: taken });
    expect(world.done).toEqual([]);
    expect(world.pods).toEqual([]);
    expect(condition(world, "Conflict")).toBe('True NameTaken: The StatefulSet "o2" belongs to another owner');
  });

  it("shows the error of its definition", () => {
    const world = settled({ instances: 2 }, { refusal: invalid });
    expect(condition(world, "DefinitionsValid")).toBe("False DefinitionInvalid: spec.image is missing");
  });

  it("counts as failed for deployment tools, with one Event", () => {
    const world = settled({ instances: 2 });
    world.environment = { refusal: invalid };
    const plan = world.step();
    expect(condition(world, "Ready")).toBe("False DefinitionInvalid: spec.image is missing");
    expect(condition(world, "Stalled")).toBe("True DefinitionInvalid: spec.image is missing");
    expect(eventsOf(plan).filter(({ reason }) => reason === "DefinitionInvalid")).toHaveLength(1);
  });

  it("starts its builders once the refusal is gone", () => {
    const world = settled({ instances: 2 }, { refusal: taken });
    world.environment = {};
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
  });

  it("can be deleted", () => {
    const world = settled({ instances: 2 }, { refusal: taken });
    world.delete();
    world.settle();
    expect(world.pool.metadata.finalizers).toEqual([]);
  });
});
