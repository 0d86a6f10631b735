import { beforeEach, describe, expect, it } from "vitest";
import { drainAnnotation, poolFinalizer } from "../../../src/api/group.ts";
import type { PoolConditionType } from "../../../src/api/reasons.ts";
import { revisionOf } from "../../../src/core/pool/revision.ts";
import { aPool, World } from "./world.ts";

const minute = 60_000;
const hour = 60 * minute;

/** What the operator did, one word or two each. */
function deeds(world: World): string[] {
  return world.done.map((action) => {
    switch (action.do) {
      case "applyBuilder":
        return `${action.name} ${action.spec.desired}${action.spec.drainReason ? ` ${action.spec.drainReason}` : ""}`;
      case "applyWorkload":
        return `replicas ${action.replicas}`;
      case "deletePod":
        return `delete ${action.name}`;
      case "deleteBuilder":
        return `remove ${action.name}`;
      case "addFinalizer":
      case "removeFinalizer":
        return action.do;
    }
    return action satisfies never;
  });
}

function condition(world: World, type: PoolConditionType) {
  const found = world.pool.status?.conditions?.find((one) => one.type === type);
  return found && `${found.status} ${found.reason}: ${found.message}`;
}

/** A pool that is up, with nothing done since. */
function settled(spec: ConstructorParameters<typeof World>[0]): World {
  const world = new World(spec);
  world.settle();
  world.done.length = 0;
  return world;
}

describe("a new pool", () => {
  it("gets its finalizer, then its Builders, then its pods", () => {
    const world = new World({ instances: 2 });
    world.step();
    expect(deeds(world)).toEqual(["addFinalizer", "o2-0 Active", "o2-1 Active", "replicas 2"]);
    expect(condition(world, "Available")).toMatch(/^False NotEnoughReady: 0 of 2 builders are ready, at least 1/);
    expect(condition(world, "Covered")).toBe("False NotEnoughReady: No builder is ready, so pull requests wait");
  });

  it("is available when its builders are warm, at rest, and says so", () => {
    const world = settled({ instances: 4 });
    expect(condition(world, "Available")).toBe("True AllReady: 4 of 4 builders are ready");
    expect(condition(world, "Progressing")).toBe("False AsDesired: The builders are as declared");
    expect(world.step()).toMatchObject({ actions: [], because: "Nothing to do: the pool is as declared" });
  });

  it("tells changes of its conditions, but not how well one holds that held before", () => {
    const world = settled({ instances: 4 });
    world.say("o2-3", "Warming");
    const told = () => world.step().events.map(({ reason }) => reason);
    expect(told()).toEqual(["NotEnoughReady"]); // Progressing, which did not hold before
    expect(condition(world, "Available")).toMatch(/^True AsDesired: 3 of 4/);
    for (const name of ["o2-0", "o2-1", "o2-2"]) world.say(name, "Warming");
    expect(told()).toEqual(["NotEnoughReady", "NotEnoughReady"]); // Available, Covered
  });

  it("tells of a builder that is replaced that it drains and that it restarts, and no more", () => {
    const world = settled({ instances: 2, update: { maxUnavailable: 1 } });
    world.restart("o2-1");
    const told = [];
    for (let round = 0; round < 10; round += 1) {
      told.push(...world.step().events.filter(({ object }) => object === "Builder/o2-1"));
      world.obey();
    }
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
    expect(told.map(({ reason }) => reason)).toEqual(["BuilderDraining", "BuilderRestarted"]);
  });

  it("may have no instances, which is said and is no fault", () => {
    const world = settled({ instances: 0 });
    expect(condition(world, "Available")).toBe("True NoInstances: spec.instances is 0, so the pool builds nothing");
    expect(world.pods).toEqual([]);
  });

  it("may not have 10,000", () => {
    expect(() => aPool({ instances: 10_000 })).toThrow(/1000/);
  });

  it("does not count a builder as ready by what an earlier pod wrote", () => {
    const world = settled({ instances: 2 });
    world.crash(1);
    world.step();
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Pending"]);
    expect(world.pool.status).toMatchObject({ instances: 2, ready: 1, active: 1 });
  });
});

describe("scaling", () => {
  it("up starts the new ordinals and leaves everybody else alone", () => {
    const world = settled({ instances: 2 });
    world.change({ instances: 3 });
    world.settle();
    expect(deeds(world)).toEqual(["o2-0 Active", "o2-1 Active", "o2-2 Active", "replicas 3"]);
    expect(world.builder("o2-0").spec).toMatchObject({ workerIndex: 0, poolSize: 3 });
  });

  it("down drains the highest ordinals, and lets each go when those above it have gone", () => {
    const world = settled({ instances: 4 });
    world.change({ instances: 2 });
    world.step();
    expect(deeds(world).filter((deed) => deed.includes("Drain"))).toEqual([
      "o2-2 Drain ScaleDown",
      "o2-3 Drain ScaleDown",
    ]);
    world.say("o2-2", "Drained");
    world.say("o2-3", "Draining");
    world.step();
    expect(world.workload?.replicas).toBe(4);
    world.say("o2-3", "Drained");
    world.settle();
    expect(world.workload?.replicas).toBe(2);
    expect(deeds(world).slice(-3)).toEqual(["replicas 2", "remove o2-2", "remove o2-3"]);
  });

  it("down waits for the ones that stay to be warm", () => {
    const world = settled({ instances: 2 });
    world.crash(0);
    world.change({ instances: 1 });
    world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Active");
    world.say("o2-0", "Ready");
    world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Drain");
  });

  it("down keeps a builder that must wait for those above it from getting ready meanwhile", () => {
    const world = settled({ instances: 2 });
    world.crash(0);
    world.change({ instances: 0 });
    world.step();
    expect(world.workload?.replicas).toBe(2);
    expect(world.builder("o2-0").spec).toMatchObject({ desired: "Drain", drainReason: "ScaleDown" });
  });

  it("back up in time calls a draining builder back without a restart", () => {
    const world = settled({ instances: 2 });
    world.change({ instances: 1 });
    world.step();
    world.say("o2-1", "Draining");
    world.change({ instances: 2 });
    const plan = world.step();
    expect(world.builder("o2-1").spec.desired).toBe("Active");
    expect(plan.events).toContainEqual({
      reason: "BuilderReleased",
      message: '"o2-1" may take builds again',
      object: "Builder/o2-1",
    });
  });

  it("stops a builder that did not drain within drainTimeout and five minutes", () => {
    const world = settled({ instances: 2, update: { drainTimeout: "1h" } });
    world.change({ instances: 1 });
    world.step();
    world.say("o2-1", "Draining");
    expect(world.step().requeueAfter).toBe(hour + 5 * minute);
    world.now += hour;
    world.step();
    expect(deeds(world)).not.toContain("delete o2-1");
    world.now += 5 * minute;
    world.step();
    expect(deeds(world).slice(-2)).toEqual(["replicas 1", "delete o2-1"]);
  });
});

describe("an update", () => {
  it("takes ordinals high to low, as many at once as the budget says", () => {
    const world = settled({ instances: 4, update: { maxUnavailable: 2 } });
    world.change({ image: "builder:2" });
    world.step();
    expect(deeds(world)).toEqual(["o2-2 Drain Update", "o2-3 Drain Update", "replicas 4"]);
    expect(condition(world, "Progressing")).toMatch(/^True UpdateStarted: 0 of 4 builders have revision/);
    world.settle();
    expect(deeds(world).filter((deed) => deed.startsWith("delete"))).toEqual([
      "delete o2-3",
      "delete o2-2",
      "delete o2-1",
      "delete o2-0",
    ]);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4, revision: revisionOf(world.pool.spec) });
    expect(world.pool.status?.previousRevision).toBeUndefined();
  });

  it("deletes a pod only when its builder says it has drained", () => {
    const world = settled({ instances: 2 });
    world.change({ image: "builder:2" });
    world.step();
    world.say("o2-1", "Draining", { building: undefined });
    world.step();
    expect(deeds(world)).not.toContain("delete o2-1");
    world.say("o2-1", "Drained");
    world.step();
    expect(deeds(world)).toContain("delete o2-1");
  });

  it("of a single builder warms an extra one first, which leaves when the first is back", () => {
    const world = settled({ instances: 1 });
    world.change({ image: "builder:2" });
    world.step();
    expect(deeds(world)).toEqual(["o2-0 Active", "o2-1 Active", "replicas 2"]);
    expect(world.builder("o2-0").spec.desired).toBe("Active");
    world.say("o2-1", "Ready");
    world.step();
    expect(world.builder("o2-0").spec).toMatchObject({ desired: "Drain", drainReason: "Update" });
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready"]);
    expect(deeds(world).slice(-2)).toEqual(["replicas 1", "remove o2-1"]);
  });

  it("is not over while a builder is between two pods", () => {
    const world = settled({ instances: 1, update: { maxUnavailable: 1, maxSurge: 0 } });
    const before = revisionOf(world.pool.spec);
    world.change({ image: "builder:2" });
    world.step();
    world.pods = [];
    world.step();
    expect(world.pool.status?.previousRevision).toBe(before);
  });

  it("is not made by a change of checks, silent, debug, tool or instances", () => {
    const before = revisionOf(aPool().spec);
    const live = { checks: [{ name: "a" }], silent: true, debug: true, instances: 7, tool: { alibuild: "1.17.43" } };
    expect(revisionOf(aPool(live).spec)).toBe(before);
    const template = { nodeSelector: { b: "1", a: "2" } };
    expect(revisionOf(aPool({ template }).spec)).not.toBe(before);
    expect(revisionOf(aPool({ template: { nodeSelector: { a: "2", b: "1" } } }).spec)).toBe(
      revisionOf(aPool({ template }).spec),
    );
  });

  it("that is paused ends the step it is in and begins no other", () => {
    const world = settled({ instances: 3, update: { maxUnavailable: 1 } });
    world.change({ image: "builder:2" });
    world.step();
    world.change({ update: { ...world.pool.spec.update, paused: true } });
    world.settle();
    expect(world.pool.status).toMatchObject({ updated: 1, ready: 3 });
    expect(condition(world, "Progressing")).toMatch(/^False UpdatePaused: .*goes on when spec.update.paused is false$/);
    world.change({ update: { ...world.pool.spec.update, paused: false } });
    world.settle();
    expect(world.pool.status).toMatchObject({ updated: 3 });
  });

  it("that was paused from the start does not reach a builder that crashes meanwhile", () => {
    const world = settled({ instances: 2 });
    const before = revisionOf(world.pool.spec);
    world.change({ image: "builder:2", update: { ...world.pool.spec.update, paused: true } });
    world.step();
    world.crash(0);
    world.settle();
    expect(world.pods.map(({ revision }) => revision)).toEqual([before, before]);
  });
});

describe("an update that does not get warm", () => {
  let world: World;
  beforeEach(() => {
    world = settled({ instances: 4, update: { maxUnavailable: 1 }, warmup: { timeout: "2h" } });
  });

  function breakIt(onStall: "Pause" | "Rollback"): void {
    world.change({ image: "broken:1", update: { ...world.pool.spec.update, onStall } });
    world.step();
    world.say("o2-3", "Drained");
    world.step();
    world.obey();
    const warmup = { done: 1, total: 3, doing: "Fetching o/r", progressAt: "2026-01-01T00:00:00Z" };
    world.say("o2-3", "Warming", { warmup });
    world.step();
    world.now += 2 * hour;
  }

  it("stalls with what to do, while the others serve", () => {
    breakIt("Pause");
    const previous = world.pods[0]?.revision;
    const plan = world.step();
    const revision = revisionOf(world.pool.spec);
    expect(condition(world, "Stalled")).toBe(
      `True UpdateStalled: "o2-3" made no progress in its warm-up for 2h ("Fetching o/r") at revision ${revision}, the others keep serving; correct the spec, or set it back to return to ${previous}`,
    );
    expect(plan.events.map(({ reason }) => reason)).toContain("UpdateStalled");
    expect(world.pool.status).toMatchObject({ ready: 3, active: 3, updated: 1 });
  });

  it("goes on with the next spec, from the stuck builder", () => {
    breakIt("Pause");
    world.step();
    world.change({ image: "builder:3" });
    world.step();
    expect(deeds(world).slice(-2)).toEqual(["replicas 4", "delete o2-3"]);
    world.settle();
    expect(world.pool.status).toMatchObject({ ready: 4, updated: 4 });
  });

  it("does not stall while the warm-up makes progress, and a crash loop is no progress", () => {
    breakIt("Pause");
    world.now -= 2 * hour;
    const warmup = (done: number) => ({ done, total: 9, progressAt: new Date(world.now).toISOString() });
    for (let done = 1; done <= 3; done += 1) {
      world.now += hour;
      world.say("o2-3", "Warming", { warmup: warmup(done) });
      world.step();
    }
    expect(condition(world, "Stalled")).toMatch(/^False/);
    for (let crashes = 0; crashes < 2; crashes += 1) {
      world.now += hour;
      world.crash(3);
      world.say("o2-3", "Warming", { warmup: warmup(3) });
      world.step();
    }
    expect(condition(world, "Stalled")).toMatch(/^True UpdateStalled/);
  });

  it("stalls at once at a builder that gives up on itself there, and is not over before it is well", () => {
    breakIt("Pause");
    world.say("o2-3", "Quarantined", { message: "The compiler does not work" });
    world.step();
    expect(condition(world, "Stalled")).toMatch(
      /^True UpdateStalled: "o2-3" is quarantined \(The compiler does not work\) at revision .*; correct the spec/,
    );
    world.say("o2-3", "Ready");
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^False/);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4 });
  });

  it("returns from a revision at which a builder gives up on itself", () => {
    breakIt("Rollback");
    world.say("o2-3", "Quarantined");
    const before = world.pods[0]?.revision;
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^True RolledBack/);
    expect(world.pods.every(({ revision }) => revision === before)).toBe(true);
  });

  it("returns to the revision before when asked to, and stays there", () => {
    breakIt("Rollback");
    const before = world.pods[0]?.revision;
    const plan = world.step();
    expect(plan.actions).toMatchObject([
      { do: "applyWorkload", replicas: 4, revision: before, reason: "RolledBack" },
      { do: "deletePod", name: "o2-3" },
    ]);
    world.settle();
    expect(world.pods.every(({ revision }) => revision === before)).toBe(true);
    expect(world.pool.status).toMatchObject({ revision: before, previousRevision: revisionOf(world.pool.spec) });
    expect(condition(world, "Stalled")).toMatch(/^True RolledBack: Revision .* did not get warm/);
    world.now += 10 * hour;
    expect(world.step().actions).toEqual([]);
    world.change({ image: "builder:3" });
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^False/);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4 });
  });
});

describe("an update of a single builder that does not get warm", () => {
  it("leaves the old one at work and the extra one where it is", () => {
    const world = settled({ instances: 1, warmup: { timeout: "2h" } });
    world.change({ image: "broken:1" });
    world.step();
    world.say("o2-1", "Warming");
    world.step();
    world.now += 2 * hour;
    world.done.length = 0;
    world.step();
    world.now += hour;
    world.step();
    expect(deeds(world)).toEqual([]);
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Warming"]);
    expect(condition(world, "Stalled")).toMatch(/^True UpdateStalled: "o2-1"/);
    world.change({ image: "builder:1" });
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready"]);
  });
});

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
});

describe("a deleted pool", () => {
  it("drains all builders at once, then lets go", () => {
    const world = settled({ instances: 2 });
    world.delete();
    world.step();
    expect(deeds(world)).toEqual(["o2-0 Drain PoolDeleted", "o2-1 Drain PoolDeleted"]);
    world.settle();
    expect(deeds(world).slice(-2)).toEqual(["replicas 0", "removeFinalizer"]);
  });

  it("waits until GitHub shows none of its builds as pending, but no longer than ten minutes", () => {
    const world = settled({ instances: 1 });
    world.unsettled = 1;
    world.delete();
    world.settle();
    expect(world.pool.metadata.finalizers).toEqual([poolFinalizer]);
    world.now += 10 * minute;
    world.step();
    expect(world.pool.metadata.finalizers).toEqual([]);
  });

  it("stops after nine minutes what does not drain", () => {
    const world = settled({ instances: 1 });
    world.delete();
    world.step();
    world.say("o2-0", "Draining");
    world.now += 9 * minute;
    world.step();
    expect(deeds(world).slice(-2)).toEqual(["replicas 0", "delete o2-0"]);
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

  it("does not change because a listing was repeated with the same result", () => {
    const world = settled({ instances: 1 });
    world.listings = [{ ...listing, listedAt: "2026-01-01T00:00:00Z" }];
    world.step();
    const before = world.pool.status;
    world.listings = [{ ...listing, listedAt: "2026-01-01T00:01:00Z" }];
    world.step();
    expect(world.pool.status).toEqual(before);
    expect(condition(world, "GitHubReachable")).toBe("True ListingFresh: The pull requests are listed");
  });

  it("says that GitHub could not be listed, and why", () => {
    const world = settled({ instances: 1 });
    expect(condition(world, "GitHubReachable")).toMatch(/^Unknown/);
    world.listings = [{ ...listing, stale: true, message: "GitHub answered 502" }];
    world.step();
    expect(condition(world, "GitHubReachable")).toBe(
      "False ListingStale: a/b could not be listed, what is known is kept: GitHub answered 502",
    );
  });
});
