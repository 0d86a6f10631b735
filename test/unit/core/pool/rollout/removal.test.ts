import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../../../../src/api/objects/group.ts";
import { actionsOf, settled } from "../settled.ts";

const minute = 60_000;

describe("a requested restart", () => {
  it("drains and replaces one builder, and leaves the others alone", () => {
    const world = settled({ instances: 3 });
    const others = world.pods.filter(({ ordinal }) => ordinal !== 1).map(({ uid }) => uid);
    world.restart("o2-1");
    world.settle();
    expect(actionsOf(world)).toEqual(["o2-1 Drain Restart", "delete o2-1", "o2-1 Active"]);
    expect(world.pods.filter(({ ordinal }) => ordinal !== 1).map(({ uid }) => uid)).toEqual(others);
  });

  it("of all builders replaces one after the other, within the budget", () => {
    const world = settled({ instances: 3, update: { maxUnavailable: 1 } });
    for (const name of ["o2-0", "o2-1", "o2-2"]) world.restart(name);
    world.step();
    expect(actionsOf(world)).toEqual(["o2-2 Drain Restart"]);
    world.settle();
    expect(actionsOf(world).filter((action) => action.startsWith("delete"))).toHaveLength(3);
  });
});

describe("a builder drained by a person", () => {
  it("stays drained until the annotation is removed, and is not replaced", () => {
    const world = settled({ instances: 2 });
    world.annotate("o2-1", { [drainAnnotation]: "true" });
    world.settle();
    expect(actionsOf(world)).toEqual(["o2-1 Drain Asked"]);
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Drained"]);
    world.annotate("o2-1", {});
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
  });
});

describe("a quarantined builder", () => {
  it("restarts after ten minutes, then after twice the pause", () => {
    const world = settled({ instances: 2 });
    for (const pause of [10, 20, 40]) {
      world.setStatus("o2-1", "Quarantined");
      expect(world.step().requeueAfter).toBe(pause * minute);
      world.now += pause * minute - 1;
      expect(world.step().actions).toEqual([]);
      world.now += 1;
      world.step();
      expect(actionsOf(world).at(-1)).toBe("delete o2-1");
      world.settle();
    }
  });

  it("keeps its count during a warm-up that is longer than its pause", () => {
    const world = settled({ instances: 2 });
    for (const pause of [10, 20, 40]) {
      world.setStatus("o2-1", "Quarantined");
      expect(world.step().requeueAfter).toBe(pause * minute);
      world.now += pause * minute;
      world.step();
      world.advance();
      world.setStatus("o2-1", "Warming");
      world.step();
      world.now += 119 * minute;
      world.step();
      world.settle();
      expect(world.phases()).toContain("o2-1 Ready");
    }
  });

  it("keeps its age while it is Suspect", () => {
    const world = settled({ instances: 2 });
    world.setStatus("o2-1", "Quarantined");
    world.step();
    world.now += 5 * minute;
    world.setStatus("o2-1", "Suspect");
    world.step();
    world.now += minute;
    world.setStatus("o2-1", "Quarantined");
    expect(world.step().requeueAfter).toBe(4 * minute);
  });
});
