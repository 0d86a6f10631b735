import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../../../../src/api/objects/group.ts";
import { deeds, settled } from "../settled.ts";

const minute = 60_000;

describe("a restart that was asked for", () => {
  it("drains that builder, replaces it once, and touches nobody else", () => {
    const world = settled({ instances: 3 });
    const others = world.pods.filter(({ ordinal }) => ordinal !== 1).map(({ uid }) => uid);
    world.restart("o2-1");
    world.settle();
    expect(deeds(world)).toEqual(["o2-1 Drain Restart", "delete o2-1", "o2-1 Active"]);
    expect(world.pods.filter(({ ordinal }) => ordinal !== 1).map(({ uid }) => uid)).toEqual(others);
  });

  it("of all waits for the budget, one after the other", () => {
    const world = settled({ instances: 3, update: { maxUnavailable: 1 } });
    for (const name of ["o2-0", "o2-1", "o2-2"]) world.restart(name);
    world.step();
    expect(deeds(world)).toEqual(["o2-2 Drain Restart"]);
    world.settle();
    expect(deeds(world).filter((deed) => deed.startsWith("delete"))).toHaveLength(3);
  });
});

describe("a builder that a person drains", () => {
  it("stays drained until the annotation goes, and is not replaced", () => {
    const world = settled({ instances: 2 });
    world.annotate("o2-1", { [drainAnnotation]: "true" });
    world.settle();
    expect(deeds(world)).toEqual(["o2-1 Drain Asked"]);
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Drained"]);
    world.annotate("o2-1", {});
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
  });
});

describe("a quarantined builder", () => {
  it("is restarted after ten minutes, then after twice as long, and so on", () => {
    const world = settled({ instances: 2 });
    for (const pause of [10, 20, 40]) {
      world.say("o2-1", "Quarantined");
      expect(world.step().requeueAfter).toBe(pause * minute);
      world.now += pause * minute - 1;
      expect(world.step().actions).toEqual([]);
      world.now += 1;
      world.step();
      expect(deeds(world).at(-1)).toBe("delete o2-1");
      world.settle();
    }
  });

  it("has not been well while it warms up, so what takes longer than its pause forgets nothing", () => {
    const world = settled({ instances: 2 });
    for (const pause of [10, 20, 40]) {
      world.say("o2-1", "Quarantined");
      expect(world.step().requeueAfter).toBe(pause * minute);
      world.now += pause * minute;
      world.step();
      world.obey();
      world.say("o2-1", "Warming");
      world.step();
      world.now += 119 * minute;
      world.step();
      world.settle();
      expect(world.phases()).toContain("o2-1 Ready");
    }
  });

  it("that is not heard for a while is the same when it is back", () => {
    const world = settled({ instances: 2 });
    world.say("o2-1", "Quarantined");
    world.step();
    world.now += 5 * minute;
    world.say("o2-1", "Suspect");
    world.step();
    world.now += minute;
    world.say("o2-1", "Quarantined");
    expect(world.step().requeueAfter).toBe(4 * minute);
  });
});
