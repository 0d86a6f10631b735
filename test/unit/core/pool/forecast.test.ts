import { describe, expect, it } from "vitest";
import { forecast } from "../../../../src/core/pool/forecast.ts";
import { World } from "./world.ts";

function running(spec: object): World {
  const world = new World(spec);
  world.settle();
  return world;
}

/** Actions as `kind name`, so that a row reads as a story. */
function story(world: World): string[] {
  return forecast(world.observe(), 0).map((action) => ("name" in action ? `${action.do} ${action.name}` : action.do));
}

describe("foreseeing", () => {
  it("sees nothing to do in a pool that is as declared", () => {
    expect(story(running({ instances: 3 }))).toEqual([]);
  });

  it("tells a scale-up and a scale-down apart, and touches nobody else", () => {
    const world = running({ instances: 3 });
    world.change({ instances: 4 });
    expect(story(world)).toContain("applyWorkload");
    expect(story(world).filter((line) => /o2-[012]/.test(line))).toEqual([]);
    world.change({ instances: 2 });
    expect(
      story(world)
        .filter((line) => line.includes("o2-"))
        .every((line) => line.endsWith("o2-2")),
    ).toBe(true);
  });

  it("rolls a new image from the highest ordinal down, one after the other", () => {
    const world = running({ instances: 3 });
    world.change({ image: "builder:2" });
    const order = story(world).filter((line) => line.startsWith("deletePod"));
    expect(order).toEqual(["deletePod o2-2", "deletePod o2-1", "deletePod o2-0"]);
  });

  it("does in the end what really happens", () => {
    const world = running({ instances: 4 });
    world.change({ image: "builder:2", instances: 5 });
    const foreseen = forecast(world.observe(), 0)
      .filter((action) => action.do === "deletePod")
      .map(({ name }) => name);
    world.done.splice(0);
    world.settle();
    expect(foreseen).toEqual(world.done.flatMap((action) => (action.do === "deletePod" ? [action.name] : [])));
  });
});
