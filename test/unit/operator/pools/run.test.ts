import { describe, expect, it } from "vitest";
import { aMachine } from "./builders.ts";

const minute = 60_000;

describe("the pools of a running operator", () => {
  it("warm up, and then nothing is written", async () => {
    await using machine = await aMachine({ instances: 3 });
    await machine.pass(30_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "o2-2 Ready"]);
    expect((await machine.pool())?.status).toMatchObject({ instances: 3, ready: 3, active: 3, updated: 3 });
    machine.writes.length = 0;
    await machine.pass(10 * minute);
    expect(machine.writes).toEqual([]);
  });

  it("scale up without changes to other builders, and down by draining the highest ordinal", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    const uids = [machine.uid("o2-0"), machine.uid("o2-1")];
    await machine.change({ instances: 4 });
    await machine.pass(30_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "o2-2 Ready", "o2-3 Ready"]);
    await machine.change({ instances: 1 });
    await machine.pass(30_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    expect([machine.uid("o2-0"), machine.uid("o2-1")]).toEqual(uids);
    expect((await machine.workloads.observe("o2", new Set())).pods).toHaveLength(1);
  });

  it("roll out a new revision with at most four writes of the operator per builder", async () => {
    await using machine = await aMachine({ instances: 8 });
    await machine.pass(30_000);
    machine.writes.length = 0;
    await machine.change({ architecture: "slc9_x86-64" });
    let fewest = 8;
    for (let second = 0; second < 120; second += 1) {
      await machine.pass(1000);
      const phases = await machine.phases();
      fewest = Math.min(fewest, phases.filter((phase) => phase.endsWith("Ready")).length);
    }
    const status = (await machine.pool())?.status;
    expect(status).toMatchObject({ ready: 8, updated: 8 });
    expect(status?.previousRevision).toBeUndefined();
    expect(fewest).toBe(6);
    const deletedPods = 8; // which no store sees
    expect(machine.writes.length + deletedPods).toBeLessThanOrEqual(8 * 4);
  });

  it("write a changed condition at once, and changed counts after five seconds in one write", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    machine.writes.length = 0;
    await machine.startsBuild("o2-0");
    await machine.pass(3000);
    await machine.startsBuild("o2-1");
    expect(machine.writes).toEqual([]);
    await machine.pass(3000);
    expect(machine.writes).toEqual(["BuilderPool status"]);
    expect((await machine.pool())?.status).toMatchObject({ building: 2, ready: 2 });
    machine.builders.get("o2-1")?.crash();
    await machine.pass(1000);
    expect((await machine.pool())?.status).toMatchObject({ building: 1, ready: 1 });
  });

  it("emit one Event for a quarantined builder, however long the quarantine lasts", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    const broken = machine.builders.get("o2-1");
    if (broken !== undefined) broken.isBroken = true;
    await machine.pass(3 * minute);
    const events = machine.emitted.filter(({ reason }) => reason === "BuilderQuarantined");
    expect(events.map(({ object }) => object)).toEqual(["Builder/o2-1"]);
  });

  it("emit Events of actions and conditions although the reply to the next write is lost", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    machine.emitted.length = 0;
    machine.faults.statusReplies = false;
    await machine.change({ instances: 0 });
    await machine.pass(60_000);
    machine.faults.statusReplies = true;
    await machine.pass(60_000);
    const events = machine.emitted.map(({ object, reason }) => `${object} ${reason}`);
    expect(events).toEqual([
      "Builder/o2-0 BuilderDraining",
      "BuilderPool/o2 NoInstances",
      "BuilderPool/o2 ScaledDown",
      "BuilderPool/o2 NotEnoughReady",
      "BuilderPool/o2 ScaledDown",
      "BuilderPool/o2 AsDesired",
    ]);
  });

  it("restart only the requested builder", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    const [first, second] = [machine.uid("o2-0"), machine.uid("o2-1")];
    await machine.annotate("o2-1", "restart");
    await machine.pass(60_000);
    expect(machine.uid("o2-0")).toBe(first);
    expect(machine.uid("o2-1")).not.toBe(second);
    expect((await machine.store.get("Builder", "o2-1"))?.spec.drainReason).toBeUndefined();
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
  });

  it("replace a single builder without a gap", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    await machine.change({ architecture: "slc9_x86-64" });
    for (let second = 0; second < 90; second += 1) {
      await machine.pass(1000);
      expect(await machine.phases()).toContainEqual(expect.stringMatching(/Ready$/));
    }
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    expect((await machine.pool())?.status).toMatchObject({ instances: 1, updated: 1 });
  });

  it("restart a crashed builder, and a builder that failed to start", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    machine.faults.startThrows = true;
    machine.builders.get("o2-1")?.crash();
    await machine.pass(500);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Lost"]);
    await machine.pass(10_000);
    machine.faults.startThrows = false;
    await machine.pass(60_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready"]);
  });

  it("disappear after a delete, with drained builders and all owned objects", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    await machine.store.delete("BuilderPool", "o2");
    await machine.pass(30_000);
    expect(await machine.pool()).toBeUndefined();
    expect(await machine.phases()).toEqual([]);
    expect((await machine.workloads.observe("o2", new Set())).pods).toEqual([]);
  });

  it("disappear within ten minutes of a delete when a builder does not drain", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    for (const builder of machine.builders.values()) builder.isBusy = true;
    await machine.store.delete("BuilderPool", "o2");
    await machine.pass(8 * minute);
    expect(await machine.phases()).toEqual(["o2-0 Draining"]);
    await machine.pass(2 * minute);
    expect(await machine.pool()).toBeUndefined();
  });

  it("keep fields that people set on a builder", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    const builder = await machine.store.get("Builder", "o2-0");
    if (builder === undefined) throw new Error("no builder");
    await machine.store.update("Builder", { ...builder, spec: { ...builder.spec, silent: true } });
    await machine.change({ instances: 2 });
    await machine.pass(30_000);
    const after = await machine.store.get("Builder", "o2-0");
    expect(after?.spec).toMatchObject({ silent: true, poolSize: 2 });
  });
});
