import { describe, expect, it } from "vitest";
import { forecast } from "../../../../src/core/pool/forecast.ts";
import { World } from "./world.ts";

function running(spec: object): World {
  const world = new World(spec);
  world.settle();
  return world;
}

/** Actions as `operation name`. */
function forecastOf(world: World): string[] {
  return forecast(world.observe(), 0).map((action) => ("name" in action ? `${action.do} ${action.name}` : action.do));
}

describe("a forecast", () => {
  it("has no action for a pool that is as declared", () => {
    expect(forecastOf(running({ instances: 3 }))).toEqual([]);
  });

  it("scales up and down, and leaves the other builders alone", () => {
    const world = running({ instances: 3 });
    world.change({ instances: 4 });
    expect(forecastOf(world)).toEqual(["applyWorkload", "startBuilder o2-3"]);
    expect(forecastOf(world).filter((line) => /o2-[012]/.test(line))).toEqual([]);
    world.change({ instances: 2 });
    expect(
      forecastOf(world)
        .filter((line) => line.includes("o2-"))
        .every((line) => line.endsWith("o2-2")),
    ).toBe(true);
  });

  it("rolls a new image from high to low ordinals, one after the other", () => {
    const world = running({ instances: 3 });
    world.change({ image: "builder:2" });
    const order = forecastOf(world).filter((line) => line.startsWith("deletePod"));
    expect(order).toEqual(["deletePod o2-2", "deletePod o2-1", "deletePod o2-0"]);
  });

  it("deletes the same pods as the real planner", () => {
    const world = running({ instances: 4 });
    world.change({ image: "builder:2", instances: 5 });
    const forecasted = forecast(world.observe(), 0)
      .filter((action) => action.do === "deletePod")
      .map(({ name }) => name);
    world.done.splice(0);
    world.settle();
    expect(forecasted).toEqual(world.done.flatMap((action) => (action.do === "deletePod" ? [action.name] : [])));
  });
});
