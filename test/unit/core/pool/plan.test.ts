import { describe, expect, it } from "vitest";
import { drainAnnotation, poolFinalizer } from "../../../../src/api/objects/group.ts";
import { actionsOf, condition, eventsOf, settled } from "./settled.ts";
import { aPool, World } from "./world.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("a new pool", () => {
  it("adds its finalizer, then its Builders, then its pods", () => {
    const world = new World({ instances: 2 });
    world.step();
    expect(actionsOf(world)).toEqual(["addFinalizer", "o2-0 Active", "o2-1 Active", "replicas 2"]);
    expect(condition(world, "Available")).toMatch(/^False NotEnoughReady: 0 of 2 builders are ready, at least 1/);
    expect(condition(world, "Covered")).toBe("False NotEnoughReady: No builder is ready, so pull requests wait");
  });

  it("emits no Event when it has no instances", () => {
    const world = new World({ instances: 0 });
    expect(eventsOf(world.step())).toEqual([]);
    expect(actionsOf(world)).toEqual(["addFinalizer"]);
  });

  it("is Available and has no action once its builders are warm", () => {
    const world = settled({ instances: 4 });
    expect(condition(world, "Available")).toBe("True AllReady: 4 of 4 builders are ready");
    expect(condition(world, "Progressing")).toBe("False AsDesired: The builders are as declared");
    expect(world.step()).toMatchObject({ actions: [], because: "Nothing to do: the pool is as declared" });
  });

  it("emits Events of changed conditions, but not of a changed grade", () => {
    const world = settled({ instances: 4 });
    world.setStatus("o2-3", "Warming");
    const reasons = () => eventsOf(world.step()).map(({ reason }) => reason);
    expect(reasons()).toEqual(["NotEnoughReady"]); // Progressing, which did not hold before
    expect(condition(world, "Available")).toMatch(/^True AsDesired: 3 of 4/);
    for (const name of ["o2-0", "o2-1", "o2-2"]) world.setStatus(name, "Warming");
    expect(reasons()).toEqual(["NotEnoughReady", "NotEnoughReady"]); // Available, Covered
  });

  it("emits two Events of a replaced builder: it drains, and it restarts", () => {
    const world = settled({ instances: 2, update: { maxUnavailable: 1 } });
    world.restart("o2-1");
    const events = [];
    for (let round = 0; round < 10; round += 1) {
      events.push(...eventsOf(world.step()).filter(({ object }) => object === "Builder/o2-1"));
      world.advance();
    }
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
    expect(events.map(({ reason }) => reason)).toEqual(["BuilderDraining", "BuilderRestarted"]);
  });

  it("is Available with no instances", () => {
    const world = settled({ instances: 0 });
    expect(condition(world, "Available")).toBe("True NoInstances: spec.instances is 0, so the pool builds nothing");
    expect(world.pods).toEqual([]);
  });

  it("is Available after a person drained its only builder", () => {
    const world = settled({ instances: 1 });
    world.annotate("o2-0", { [drainAnnotation]: "true" });
    world.settle();
    expect(condition(world, "Available")).toBe(
      "True AllDrained: A person drained every builder (o2-0), so the pool builds nothing; to undo: builderpool drain o2-0 --undo",
    );
  });

  it("refuses 10,000 instances", () => {
    expect(() => aPool({ instances: 10_000 })).toThrow(/1000/);
  });

  it("ignores the Ready status of an earlier pod", () => {
    const world = settled({ instances: 2 });
    world.crash(1);
    world.step();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Pending"]);
    expect(world.pool.status).toMatchObject({ instances: 2, ready: 1, active: 1 });
  });
});

describe("a change of instances", () => {
  it("starts the new ordinals and leaves the other builders alone", () => {
    const world = settled({ instances: 2 });
    world.change({ instances: 3 });
    world.settle();
    expect(actionsOf(world)).toEqual(["o2-0 Active", "o2-1 Active", "o2-2 Active", "replicas 3"]);
    expect(world.builder("o2-0").spec).toMatchObject({ workerIndex: 0, poolSize: 3 });
  });

  it("drains the highest ordinals and removes each after all higher ones", () => {
    const world = settled({ instances: 4 });
    world.change({ instances: 2 });
    world.step();
    expect(actionsOf(world).filter((action) => action.includes("Drain"))).toEqual([
      "o2-2 Drain ScaleDown",
      "o2-3 Drain ScaleDown",
    ]);
    world.setStatus("o2-2", "Drained");
    world.setStatus("o2-3", "Draining");
    world.step();
    expect(world.workload?.replicas).toBe(4);
    world.setStatus("o2-3", "Drained");
    world.settle();
    expect(world.workload?.replicas).toBe(2);
    expect(actionsOf(world).slice(-3)).toEqual(["replicas 2", "remove o2-2", "remove o2-3"]);
  });

  it("waits for the remaining builders to be warm before a scale-down", () => {
    const world = settled({ instances: 2 });
    world.crash(0);
    world.change({ instances: 1 });
    world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Active");
    world.setStatus("o2-0", "Ready");
    world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Drain");
  });

  it("drains a cold builder that waits for higher ordinals", () => {
    const world = settled({ instances: 2 });
    world.crash(0);
    world.change({ instances: 0 });
    world.step();
    expect(world.workload?.replicas).toBe(2);
    expect(world.builder("o2-0").spec).toMatchObject({ desired: "Drain", drainReason: "ScaleDown" });
  });

  it("reactivates a draining builder without a restart", () => {
    const world = settled({ instances: 2 });
    world.change({ instances: 1 });
    world.step();
    world.setStatus("o2-1", "Draining");
    world.change({ instances: 2 });
    const plan = world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Active");
    expect(eventsOf(plan)).toContainEqual({
      reason: "BuilderReleased",
      message: '"o2-1" accepts builds again',
      object: "Builder/o2-1",
    });
  });

  it("stops a builder that did not drain within drainTimeout and five minutes", () => {
    const world = settled({ instances: 2, update: { drainTimeout: "1h" } });
    world.change({ instances: 1 });
    world.step();
    world.setStatus("o2-1", "Draining");
    expect(world.step().requeueAfter).toBe(hour + 5 * minute);
    world.now += hour;
    world.step();
    expect(actionsOf(world)).not.toContain("delete o2-1");
    world.now += 5 * minute;
    world.step();
    expect(actionsOf(world).slice(-2)).toEqual(["replicas 1", "delete o2-1"]);
  });
});

describe("a deleted pool", () => {
  it("drains all builders at once, then removes its finalizer", () => {
    const world = settled({ instances: 2 });
    world.delete();
    world.step();
    expect(actionsOf(world)).toEqual(["o2-0 Drain PoolDeleted", "o2-1 Drain PoolDeleted"]);
    world.settle();
    expect(actionsOf(world).slice(-2)).toEqual(["replicas 0", "removeFinalizer"]);
  });

  it("waits at most ten minutes for GitHub to show no build as pending", () => {
    const world = settled({ instances: 1 });
    world.unsettled = 1;
    world.delete();
    world.settle();
    expect(world.pool.metadata.finalizers).toEqual([poolFinalizer]);
    world.now += 10 * minute;
    world.step();
    expect(world.pool.metadata.finalizers).toEqual([]);
  });

  it("stops a builder that did not drain after nine minutes", () => {
    const world = settled({ instances: 1 });
    world.delete();
    world.step();
    world.setStatus("o2-0", "Draining");
    world.now += 9 * minute;
    world.step();
    expect(actionsOf(world).slice(-2)).toEqual(["replicas 0", "delete o2-0"]);
  });

  it("scales to 0 at the applied revision, since the API server may refuse the new one", () => {
    const world = settled({ instances: 2 });
    const revision = world.workload?.revision;
    world.change({ template: { tolerations: [{ operator: "None" }] } });
    world.delete();
    world.settle();
    expect(world.workload).toEqual({ replicas: 0, revision });
  });

  it("removes its finalizer first after ten minutes, since later actions may fail", () => {
    const world = settled({ instances: 1 });
    world.delete();
    world.step();
    world.setStatus("o2-0", "Draining");
    world.now += 10 * minute;
    const { actions } = world.step();
    expect(actions.map((action) => action.do)).toEqual(["removeFinalizer", "applyWorkload", "deletePod"]);
  });
});

describe("the status of a pool", () => {
  const listing = { repository: "a/b", branch: "master", pullRequests: 3, stale: false };

  it("keeps the time of a condition that did not change its status", () => {
    const world = settled({ instances: 1 });
    const before = world.pool.status;
    world.now += hour;
    world.step();
    expect(world.pool.status).toEqual(before);
  });

  it("does not change when a listing has the same result", () => {
    const world = settled({ instances: 1 });
    world.listings = [{ ...listing, listedAt: "2026-01-01T00:00:00Z" }];
    world.step();
    const before = world.pool.status;
    world.listings = [{ ...listing, listedAt: "2026-01-01T00:01:00Z" }];
    world.step();
    expect(world.pool.status).toEqual(before);
    expect(condition(world, "GitHubReachable")).toBe("True ListingFresh: The pull requests are listed");
  });

  it("shows a failed listing with its reason", () => {
    const world = settled({ instances: 1 });
    expect(condition(world, "GitHubReachable")).toMatch(/^Unknown/);
    world.listings = [{ ...listing, stale: true, message: "GitHub answered 502" }];
    world.step();
    expect(condition(world, "GitHubReachable")).toBe(
      "False ListingStale: a/b could not be listed, the last listing is kept: GitHub answered 502",
    );
  });

  it("shows that GitHub refuses reports and emits an Event", () => {
    const world = settled({ instances: 1 });
    world.listings = [{ ...listing, listedAt: "2026-01-01T00:00:00Z" }];
    world.step();
    world.refused = "GitHub answered 403 for a status: grant it commit statuses";
    const message =
      "Reports wait until GitHub accepts them: GitHub answered 403 for a status: grant it commit statuses";
    expect(world.step().events).toEqual([{ reason: "ReportsRefused", message, object: "BuilderPool/o2" }]);
    expect(condition(world, "GitHubReachable")).toBe(`False ReportsRefused: ${message}`);
  });
});
