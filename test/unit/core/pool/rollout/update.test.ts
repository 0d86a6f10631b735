import { beforeEach, describe, expect, it } from "vitest";
import { revisionOf } from "../../../../../src/core/pool/rollout/revision.ts";
import { actionsOf, condition, settled } from "../settled.ts";
import { aPool, type World } from "../world.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("an update", () => {
  it("replaces ordinals high to low, within the budget", () => {
    const world = settled({ instances: 4, update: { maxUnavailable: 2 } });
    world.change({ image: "builder:2" });
    world.step();
    expect(actionsOf(world)).toEqual(["o2-2 Drain Update", "o2-3 Drain Update", "replicas 4"]);
    expect(condition(world, "Progressing")).toMatch(/^True UpdateStarted: 0 of 4 builders have revision/);
    world.settle();
    expect(actionsOf(world).filter((action) => action.startsWith("delete"))).toEqual([
      "delete o2-3",
      "delete o2-2",
      "delete o2-1",
      "delete o2-0",
    ]);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4, revision: revisionOf(world.pool.spec) });
    expect(world.pool.status?.previousRevision).toBeUndefined();
  });

  it("deletes a pod only after its builder is Drained", () => {
    const world = settled({ instances: 2 });
    world.change({ image: "builder:2" });
    world.step();
    world.setStatus("o2-1", "Draining", { building: undefined });
    world.step();
    expect(actionsOf(world)).not.toContain("delete o2-1");
    world.setStatus("o2-1", "Drained");
    world.step();
    expect(actionsOf(world)).toContain("delete o2-1");
  });

  it("of a single builder warms a surge builder first and removes it at the end", () => {
    const world = settled({ instances: 1 });
    world.change({ image: "builder:2" });
    world.step();
    expect(actionsOf(world)).toEqual(["o2-0 Active", "o2-1 Active", "replicas 2"]);
    expect(world.builder("o2-0").spec.desired).toBe("Active");
    world.setStatus("o2-1", "Ready");
    world.step();
    expect(world.builder("o2-0").spec).toMatchObject({ desired: "Drain", drainReason: "Update" });
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready"]);
    expect(actionsOf(world).slice(-2)).toEqual(["replicas 1", "remove o2-1"]);
  });

  it("is incomplete while a builder has no pod", () => {
    const world = settled({ instances: 1, update: { maxUnavailable: 1, maxSurge: 0 } });
    const before = revisionOf(world.pool.spec);
    world.change({ image: "builder:2" });
    world.step();
    world.pods = [];
    world.step();
    expect(world.pool.status?.previousRevision).toBe(before);
  });

  it("does not follow from a change of checks, silent, debug, tool or instances", () => {
    const before = revisionOf(aPool().spec);
    const live = { checks: [{ name: "a" }], silent: true, debug: true, instances: 7, tool: { alibuild: "1.17.43" } };
    expect(revisionOf(aPool(live).spec)).toBe(before);
    const template = { nodeSelector: { b: "1", a: "2" } };
    expect(revisionOf(aPool({ template }).spec)).not.toBe(before);
    expect(revisionOf(aPool({ template: { nodeSelector: { a: "2", b: "1" } } }).spec)).toBe(
      revisionOf(aPool({ template }).spec),
    );
  });

  it("does not follow from a field without effect: the volume anywhere, the template on one machine", () => {
    const volume = { workspace: { size: "500Gi", storageClassName: "fast" } };
    expect(revisionOf(aPool(volume).spec, "builder:1")).toBe(revisionOf(aPool().spec, "builder:1"));
    const pod = { template: { nodeSelector: { a: "b" } }, ...volume };
    expect(revisionOf(aPool(pod).spec, undefined, true)).toBe(revisionOf(aPool().spec, undefined, true));
    expect(revisionOf(aPool({ architecture: "slc10_x86-64" }).spec, undefined, true)).not.toBe(
      revisionOf(aPool().spec, undefined, true),
    );
  });

  it("completes the present drain when paused, and begins no other", () => {
    const world = settled({ instances: 3, update: { maxUnavailable: 1 } });
    world.change({ image: "builder:2" });
    world.step();
    world.change({ update: { ...world.pool.spec.update, paused: true } });
    world.settle();
    expect(world.pool.status).toMatchObject({ updated: 1, ready: 3 });
    expect(condition(world, "Progressing")).toMatch(
      /^False UpdatePaused: .*continues when spec.update.paused is false$/,
    );
    world.change({ update: { ...world.pool.spec.update, paused: false } });
    world.settle();
    expect(world.pool.status).toMatchObject({ updated: 3 });
  });

  it("starts a crashed builder at the old revision while paused", () => {
    const world = settled({ instances: 2 });
    const before = revisionOf(world.pool.spec);
    world.change({ image: "builder:2", update: { ...world.pool.spec.update, paused: true } });
    world.step();
    world.crash(0);
    world.settle();
    expect(world.pods.map(({ revision }) => revision)).toEqual([before, before]);
  });
});

describe("an update without warm-up progress", () => {
  let world: World;
  beforeEach(() => {
    world = settled({ instances: 4, update: { maxUnavailable: 1 }, warmup: { timeout: "2h" } });
  });

  function startBrokenUpdate(onStall: "Pause" | "Rollback"): void {
    world.change({ image: "broken:1", update: { ...world.pool.spec.update, onStall } });
    world.step();
    world.setStatus("o2-3", "Drained");
    world.step();
    world.advance();
    const warmup = { done: 1, total: 3, doing: "Fetching o/r", progressAt: "2026-01-01T00:00:00Z" };
    world.setStatus("o2-3", "Warming", { warmup });
    world.step();
    world.now += 2 * hour;
  }

  it("stalls with instructions, while the other builders work", () => {
    startBrokenUpdate("Pause");
    const previous = world.pods[0]?.revision;
    const plan = world.step();
    const revision = revisionOf(world.pool.spec);
    expect(condition(world, "Stalled")).toBe(
      `True UpdateStalled: "o2-3" made no progress in its warm-up for 2h ("Fetching o/r") at revision ${revision}, the other builders keep working; correct the spec, or revert it to return to ${previous}`,
    );
    expect(plan.events.map(({ reason }) => reason)).toContain("UpdateStalled");
    expect(world.pool.status).toMatchObject({ ready: 3, active: 3, updated: 1 });
  });

  it("continues with the next spec, from the stuck builder", () => {
    startBrokenUpdate("Pause");
    world.step();
    world.change({ image: "builder:3" });
    world.step();
    expect(actionsOf(world).slice(-2)).toEqual(["replicas 4", "delete o2-3"]);
    world.settle();
    expect(world.pool.status).toMatchObject({ ready: 4, updated: 4 });
  });

  it("does not stall during progress, but does in a crash loop", () => {
    startBrokenUpdate("Pause");
    world.now -= 2 * hour;
    const warmup = (done: number) => ({ done, total: 9, progressAt: new Date(world.now).toISOString() });
    for (let done = 1; done <= 3; done += 1) {
      world.now += hour;
      world.setStatus("o2-3", "Warming", { warmup: warmup(done) });
      world.step();
    }
    expect(condition(world, "Stalled")).toMatch(/^False/);
    for (let crashes = 0; crashes < 2; crashes += 1) {
      world.now += hour;
      world.crash(3);
      world.setStatus("o2-3", "Warming", { warmup: warmup(3) });
      world.step();
    }
    expect(condition(world, "Stalled")).toMatch(/^True UpdateStalled/);
  });

  it("stalls at once at a quarantined builder, until it is Ready", () => {
    startBrokenUpdate("Pause");
    world.setStatus("o2-3", "Quarantined", { message: "The compiler does not work" });
    world.step();
    expect(condition(world, "Stalled")).toMatch(
      /^True UpdateStalled: "o2-3" is quarantined \(The compiler does not work\) at revision .*; correct the spec/,
    );
    world.setStatus("o2-3", "Ready");
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^False/);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4 });
  });

  it("rolls back from a revision with a quarantined builder", () => {
    startBrokenUpdate("Rollback");
    world.setStatus("o2-3", "Quarantined");
    const before = world.pods[0]?.revision;
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^True RolledBack/);
    expect(world.pods.every(({ revision }) => revision === before)).toBe(true);
  });

  it("rolls back with onStall: Rollback, and stays at the old revision", () => {
    startBrokenUpdate("Rollback");
    const before = world.pods[0]?.revision;
    const plan = world.step();
    expect(plan.actions).toMatchObject([
      { do: "applyWorkload", replicas: 4, revision: before, reason: "RolledBack" },
      { do: "deletePod", name: "o2-3" },
    ]);
    world.settle();
    expect(world.pods.every(({ revision }) => revision === before)).toBe(true);
    expect(world.pool.status).toMatchObject({ revision: before, previousRevision: revisionOf(world.pool.spec) });
    expect(condition(world, "Stalled")).toMatch(/^True RolledBack: Revision .* did not become ready/);
    world.now += 10 * hour;
    expect(world.step().actions).toEqual([]);
    world.change({ image: "builder:3" });
    world.settle();
    expect(condition(world, "Stalled")).toMatch(/^False/);
    expect(world.pool.status).toMatchObject({ updated: 4, ready: 4 });
  });
});

describe("an update of a single builder without warm-up progress", () => {
  it("keeps the old builder at work and the surge builder in place", () => {
    const world = settled({ instances: 1, warmup: { timeout: "2h" } });
    world.change({ image: "broken:1" });
    world.step();
    world.setStatus("o2-1", "Warming");
    world.step();
    world.now += 2 * hour;
    world.done.length = 0;
    world.step();
    world.now += hour;
    world.step();
    expect(actionsOf(world)).toEqual([]);
    expect(world.phases()).toEqual(["o2-0 Ready", "o2-1 Warming"]);
    expect(condition(world, "Stalled")).toMatch(/^True UpdateStalled: "o2-1"/);
    world.change({ image: "builder:1" });
    world.settle();
    expect(world.phases()).toEqual(["o2-0 Ready"]);
  });
});
