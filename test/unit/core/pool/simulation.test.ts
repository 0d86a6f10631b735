import { describe, expect, it } from "vitest";
import { forecast } from "../../../../src/core/pool/forecast.ts";
import { settled } from "./settled.ts";
import type { World } from "./world.ts";

function deletedPodsOf(world: World): string[] {
  return forecast(world.observe(), 0).flatMap((action) => (action.do === "deletePod" ? [action.name] : []));
}

describe("the simulation of a forecast", () => {
  it("replaces a builder with a requested restart once", () => {
    const world = settled({ instances: 2, update: { maxUnavailable: 1 } });
    world.restart("o2-1");
    expect(deletedPodsOf(world)).toEqual(["o2-1"]);
  });

  it("continues an update after the pod that terminates already", () => {
    const world = settled({ instances: 2, update: { maxUnavailable: 1 } });
    world.change({ image: "builder:2" });
    world.step();
    world.setStatus("o2-1", "Drained");
    world.step();
    expect(world.pods.map(({ terminating }) => terminating)).toEqual([false, true]);
    expect(deletedPodsOf(world)).toEqual(["o2-0"]);
  });
});
