import { describe, expect, it } from "vitest";
import { condition, eventsOf, joined } from "./settled.ts";

const macs = { instances: 0, image: undefined, external: { names: ["mac-b", "mac-a"] } };

describe("the version of a host", () => {
  it("drains a host whose version does not work with the operator, and says what to type", () => {
    const world = joined(macs);
    world.version = "0.3.1";
    world.setHost("mac-a", "Ready", { versions: { builderpool: "0.1.4" } });
    const plan = world.step();
    const message =
      '"mac-a" has version 0.1.4 and drains: the operator of version 0.3.1 works with hosts of 0.2 and 0.3; ' +
      "on the host run `builderpool agent update` with the program of version 0.3.1";
    expect(eventsOf(plan)).toContainEqual({ reason: "HostUnsupported", message, object: "Builder/mac-a" });
    expect(world.builder("mac-a").spec).toMatchObject({ desired: "Drain", drainReason: "Version" });
    expect(condition(world, "Progressing")).toBe(`False AsDesired: The builders are as declared; ${message}`);
    world.startHost("mac-a");
    world.setHost("mac-a", "Ready", { versions: { builderpool: "0.2.0" } });
    world.step();
    expect(world.builder("mac-a").spec.desired).toBe("Active");
  });

  it.each([
    ["0.1.4", "0.1.0", true],
    ["0.1.4", "0.2.0", true],
    ["0.2.0", "0.1.9", false],
    ["0.1.0", "0.3.0", false],
    ["0.9.0", "1.0.0", false],
    ["1.2.3", "1.2.4", true],
    ["unknown", "1.2.4", true],
  ])("works with an agent of %s and an operator of %s: %s", (agent, operator, works) => {
    const world = joined(macs);
    world.version = operator;
    world.setHost("mac-a", "Ready", { versions: { builderpool: agent } });
    world.step();
    expect(world.builder("mac-a").spec.desired).toBe(works ? "Active" : "Drain");
  });
});
