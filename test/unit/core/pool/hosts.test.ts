import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../../../src/api/objects/group.ts";
import { forecast } from "../../../../src/core/pool/forecast.ts";
import { hostRevisionOf } from "../../../../src/core/pool/rollout/revision.ts";
import { actionsOf, condition, eventsOf, joined } from "./settled.ts";
import { World } from "./world.ts";

const second = 1000;
const minute = 60 * second;
const macs = { instances: 0, image: undefined, external: { names: ["mac-b", "mac-a"] } };

const incarnation = (world: World, name: string) => world.builder(name).status?.incarnation;

describe("a pool with hosts and without pods", () => {
  it("creates a Builder for each name and nothing for pods, and says how each host joins", () => {
    const world = new World(macs);
    world.environment = {};
    const plan = world.step();
    expect(actionsOf(world)).toEqual(["addFinalizer", "mac-a Active", "mac-b Active"]);
    expect(world.builder("mac-b").spec).toEqual({
      pool: "o2",
      desired: "Active",
      external: true,
      account: "account-of-mac-b",
      revision: hostRevisionOf(world.pool.spec),
      workerIndex: 1,
      poolSize: 2,
    });
    expect(eventsOf(plan)).toContainEqual({
      reason: "HostAwaited",
      message: '"mac-a" has not joined: builderpool join mac-a',
      object: "Builder/mac-a",
    });
    expect(condition(world, "Available")).toBe(
      "False NotEnoughReady: 0 of 2 builders are ready, at least 1 must be; `get builders` shows the phases of the " +
        'others; "mac-a" has not joined (builderpool join mac-a), and 1 more have not',
    );
    expect(condition(world, "Progressing")).toMatch(/^False AsDesired: The builders are as declared; "mac-a" has not/);
    expect(world.pool.status).toMatchObject({ instances: 0, outside: 2, ready: 0, updated: 0 });
  });

  it("is Available and Covered once a host is ready, and counts it", () => {
    const world = new World(macs);
    world.step();
    world.startHost("mac-a");
    world.settle();
    expect(condition(world, "Available")).toBe("True AsDesired: 1 of 2 builders are ready");
    expect(condition(world, "Covered")).toBe("True AsDesired: Every pull request has a ready builder");
    expect(world.pool.status).toMatchObject({ ready: 1, active: 1, updated: 1 });
    world.startHost("mac-b");
    world.settle();
    expect(condition(world, "Available")).toBe("True AllReady: 2 of 2 builders are ready");
    expect(world.step().actions).toEqual([]);
  });

  it("drains a host whose name is removed, then deletes its Builder", () => {
    const world = joined(macs);
    world.change({ external: { names: ["mac-b"] } });
    world.step();
    expect(actionsOf(world)).toEqual(["mac-a Drain ScaleDown", "mac-b Active"]);
    expect(world.builder("mac-a").spec.end).toBeUndefined();
    world.setHost("mac-a", "Draining");
    expect(world.step().requeueAfter).toBe(245 * minute);
    expect(world.builders.has("mac-a")).toBe(true);
    world.setHost("mac-a", "Drained");
    world.settle();
    expect(actionsOf(world).at(-1)).toBe("remove mac-a");
    expect(world.builder("mac-b").spec).toMatchObject({ workerIndex: 0, poolSize: 1 });
  });

  it.each([
    ["never joined", (world: World) => world.change({ external: { names: ["mac-a", "mac-b", "mac-c"] } })],
    ["is Lost", (world: World) => world.setHost("mac-b", "Lost")],
  ])("deletes the Builder of a removed host at once if the host %s", (_, prepare) => {
    const world = joined(macs);
    prepare(world);
    world.step();
    world.change({ external: { names: ["mac-a"] } });
    world.step();
    const gone = world.builders.has("mac-b") ? "mac-c" : "mac-b";
    expect(world.builders.has(gone)).toBe(false);
    expect(actionsOf(world)).toContain(`remove ${gone}`);
  });

  it("deletes the Builder of a removed host that does not drain in time", () => {
    const world = joined(macs);
    world.change({ external: { names: ["mac-b"] } });
    world.step();
    world.setHost("mac-a", "Draining");
    world.step();
    world.now += 245 * minute;
    const { actions } = world.step();
    expect(actions.map(({ message }) => message)).toEqual([
      '"mac-a" leaves: spec.external.names does not have it; its Builder and its account are deleted; it did not drain within spec.update.drainTimeout',
    ]);
  });

  it("lets a host that warms up drain before it is forgotten, so that it claims nothing meanwhile", () => {
    const world = joined(macs);
    world.startHost("mac-a");
    world.change({ external: { names: ["mac-b"] } });
    world.step();
    expect(actionsOf(world)).toContain("mac-a Drain ScaleDown");
    world.settle();
    expect(world.builders.has("mac-a")).toBe(false);
  });

  it("keeps a host whose name returns before the end of its drain", () => {
    const world = joined(macs);
    const before = incarnation(world, "mac-a");
    world.change({ external: { names: ["mac-b"] } });
    world.step();
    world.setHost("mac-a", "Draining");
    world.change(macs);
    world.settle();
    expect(world.phases()).toEqual(["mac-a Ready", "mac-b Ready"]);
    expect(incarnation(world, "mac-a")).toBe(before);
  });

  it("restarts a host: its process drains and ends, and the next process builds", () => {
    const world = joined(macs);
    const before = incarnation(world, "mac-a");
    world.restart("mac-a");
    world.step();
    expect(world.builder("mac-a").spec).toMatchObject({ desired: "Drain", drainReason: "Restart", end: before });
    world.settle();
    expect(incarnation(world, "mac-a")).not.toBe(before);
    expect(world.builder("mac-a").spec).toMatchObject({ desired: "Active" });
    expect(world.builder("mac-a").spec.end).toBeUndefined();
    expect(world.phases()).toEqual(["mac-a Ready", "mac-b Ready"]);
  });

  it("ends a host after its quarantine", () => {
    const world = joined(macs);
    world.setHost("mac-a", "Quarantined");
    world.step();
    expect(world.builder("mac-a").spec.end).toBeUndefined();
    world.now += 10 * minute;
    world.step();
    expect(world.builder("mac-a").spec).toMatchObject({ drainReason: "Quarantine", end: incarnation(world, "mac-a") });
  });

  it("rolls a changed setting host by host, and a changed image rolls no host", () => {
    const world = joined(macs);
    const before = world.phases().map((_, at) => incarnation(world, at === 0 ? "mac-a" : "mac-b"));
    world.change({ image: "builder:2" });
    world.settle();
    expect([incarnation(world, "mac-a"), incarnation(world, "mac-b")]).toEqual(before);
    world.change({ architecture: "osx_arm64" });
    world.step();
    expect(condition(world, "Progressing")).toMatch(/^True UpdateStarted: 0 of 2 builders have revision /);
    const drained = () => [...world.builders.values()].filter(({ spec }) => spec.desired === "Drain").length;
    expect(drained()).toBe(1);
    world.settle();
    const target = hostRevisionOf(world.pool.spec);
    expect([...world.builders.values()].map(({ status }) => status?.revision)).toEqual([target, target]);
    expect(world.pool.status).toMatchObject({ updated: 2 });
    expect(world.pool.status?.previousRevision).toBeUndefined();
  });

  it("completes a rollout without a host that is away, and the host starts with the revision when it returns", () => {
    const world = joined(macs);
    world.setHost("mac-b", "Lost");
    world.change({ architecture: "osx_arm64", update: { maxUnavailable: 2 } });
    world.settle();
    expect(world.pool.status?.previousRevision).toBeUndefined();
    expect(condition(world, "Progressing")).toMatch(/; "mac-b" is Lost until its host is back$/);
    world.startHost("mac-b");
    world.settle();
    expect(world.phases()).toEqual(["mac-a Ready", "mac-b Ready"]);
    expect(world.builder("mac-b").status?.revision).toBe(hostRevisionOf(world.pool.spec));
  });

  it("stalls when a host does not become warm, and never rolls back, since hosts read the spec themselves", () => {
    const world = joined({ ...macs, update: { onStall: "Rollback" } });
    world.change({ architecture: "osx_arm64" });
    for (let round = 0; round < 4; round += 1) {
      world.step();
      world.advance();
    }
    world.setHost("mac-a", "Warming");
    world.step();
    world.now += 121 * minute;
    world.step();
    expect(condition(world, "Stalled")).toMatch(/^True UpdateStalled: "mac-a" made no progress in its warm-up for 2h/);
  });

  it("does not miss a host that a person drained", () => {
    const world = joined(macs);
    world.annotate("mac-a", { [drainAnnotation]: "true" });
    world.settle();
    expect(condition(world, "Available")).toBe(
      "True AllReady: 1 of 1 builders are ready (a person drained mac-a; to undo: builderpool drain mac-a --undo)",
    );
    expect(condition(world, "Progressing")).toBe("False AsDesired: The builders are as declared");
  });

  it("works without a host that another pool has, and names the conflict", () => {
    const world = new World(macs);
    world.takenHosts = [{ name: "mac-a", owner: "mac-pool" }];
    world.step();
    expect(actionsOf(world)).toEqual(["addFinalizer", "mac-b Active"]);
    expect(condition(world, "Conflict")).toBe(
      'True HostTaken: the host "mac-a" belongs to the pool "mac-pool"; this pool works without it until one of the two pools removes the name',
    );
    expect(world.pool.status).toMatchObject({ outside: 1 });
  });

  it("forecasts the restart of each host for a changed setting", () => {
    const world = joined(macs);
    world.change({ architecture: "osx_arm64" });
    const messages = forecast(world.observe(), 0).map(({ message }) => message);
    expect(messages.filter((message) => /"mac-[ab]" is updated from revision/.test(message))).toHaveLength(2);
  });

  it("ends its deletion 15 s after its hosts have drained or are silent, when their credentials have ended", () => {
    const world = joined(macs);
    world.delete();
    world.step();
    expect(actionsOf(world)).toEqual(["mac-a Drain PoolDeleted", "mac-b Drain PoolDeleted"]);
    world.setHost("mac-a", "Drained");
    world.setHost("mac-b", "Suspect");
    world.step();
    expect(actionsOf(world).slice(-2)).toEqual(["remove mac-a", "remove mac-b"]);
    world.now += 14 * second;
    world.step();
    expect(actionsOf(world)).not.toContain("removeFinalizer");
    world.now += second;
    world.step();
    expect(actionsOf(world).at(-1)).toBe("removeFinalizer");
  });

  it("waits up to ten minutes with its deletion for a silent host that runs a build, also after a revocation", () => {
    for (const isRevoked of [false, true]) {
      const world = joined(macs);
      world.holders = new Set(["mac-b"]);
      world.delete();
      world.step();
      world.setHost("mac-a", "Drained");
      world.setHost("mac-b", "Suspect");
      if (isRevoked) world.forget("mac-b");
      world.step();
      expect(world.builders.has("mac-b")).toBe(!isRevoked);
      world.now += 9 * minute;
      world.step();
      expect(actionsOf(world)).not.toContain("removeFinalizer");
      world.now += minute;
      world.step();
      expect(actionsOf(world)).toContain("removeFinalizer");
    }
  });
});
