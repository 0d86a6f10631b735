import { describe, expect, it } from "vitest";
import { condition, joined } from "./settled.ts";

const minute = 60_000;

describe("a pool with pods and hosts", () => {
  const mixed = { instances: 2, external: { names: ["mac"] }, update: { maxUnavailable: 1 } };

  it("has one budget: a host that is away holds back the update of a pod", () => {
    const world = joined(mixed);
    world.setHost("mac", "Lost");
    world.change({ image: "builder:2" });
    world.step();
    expect(condition(world, "Progressing")).toMatch(
      /"o2-1" \(and 1 more\) waits for its update: at least 2 of 3 builders stay in service, and "mac" is Lost$/,
    );
    world.startHost("mac");
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "mac Ready"]);
  });

  it("counts only pods in status.instances, which autoscalers read", () => {
    const world = joined(mixed);
    expect(world.pool.status).toMatchObject({ instances: 2, outside: 1, ready: 3, active: 3, updated: 3 });
    expect(world.builder("mac").spec).toMatchObject({ workerIndex: 2, poolSize: 3 });
  });

  it("keeps its workload at its revision when its pods leave and its spec loses the image", () => {
    const world = joined(mixed);
    const revision = world.workload?.revision;
    world.change({ instances: 0, image: undefined });
    world.settle();
    expect(world.workload).toEqual({ replicas: 0, revision });
    expect(world.phases()).toEqual(["mac Ready"]);
  });

  it("rolls pods back without the hosts", () => {
    const world = joined({ ...mixed, update: { maxUnavailable: 1, onStall: "Rollback" } });
    const before = world.builder("mac").status?.incarnation;
    world.change({ architecture: "slc9_x86-64" });
    for (let round = 0; round < 8; round += 1) {
      world.step();
      if (world.builder("o2-1").status?.phase === "Warming") break;
      world.advance();
    }
    world.setStatus("o2-1", "Warming");
    world.step();
    world.now += 121 * minute;
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^True RolledBack/);
    expect(world.builder("mac").status?.incarnation).toBe(before);
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "mac Ready"]);
  });
});
