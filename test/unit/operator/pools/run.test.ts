import { describe, expect, it } from "vitest";
import { aMachine } from "./builders.ts";

const minute = 60_000;

describe("the pools of a running operator", () => {
  it("come up warm, and then nothing is written", async () => {
    await using machine = await aMachine({ instances: 3 });
    await machine.pass(30_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "o2-2 Ready"]);
    expect((await machine.pool())?.status).toMatchObject({ instances: 3, ready: 3, active: 3, updated: 3 });
    machine.writes.length = 0;
    await machine.pass(10 * minute);
    expect(machine.writes).toEqual([]);
  });

  it("scale up without a touch to anybody, and down by draining the highest", async () => {
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

  it("roll to a new revision with at most four writes of the operator for each builder", async () => {
    await using machine = await aMachine({ instances: 8 });
    await machine.pass(30_000);
    machine.writes.length = 0;
    await machine.change({ image: "builder:2" });
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

  it("say at once what a condition turned to, and counts alone after five seconds, in one write", async () => {
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

  it("tell once that a builder gave up on itself, however long that lasts", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    const broken = machine.builders.get("o2-1");
    if (broken !== undefined) broken.isBroken = true;
    await machine.pass(3 * minute);
    const told = machine.emitted.filter(({ reason }) => reason === "BuilderQuarantined");
    expect(told.map(({ object }) => object)).toEqual(["Builder/o2-1"]);
  });

  it("tell what was done, and what a condition turned to, though the answer to the write after it is lost", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    machine.emitted.length = 0;
    machine.faults.statusAnswers = false;
    await machine.change({ instances: 0 });
    await machine.pass(60_000);
    machine.faults.statusAnswers = true;
    await machine.pass(60_000);
    const told = machine.emitted.map(({ object, reason }) => `${object} ${reason}`);
    expect(told).toEqual([
      "Builder/o2-0 BuilderDraining",
      "BuilderPool/o2 NoInstances",
      "BuilderPool/o2 ScaledDown",
      "BuilderPool/o2 NotEnoughReady",
      "BuilderPool/o2 ScaledDown",
      "BuilderPool/o2 AsDesired",
    ]);
  });

  it("restart one builder when asked to, and only that", async () => {
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

  it("replace a single builder without being without one", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    await machine.change({ image: "builder:2" });
    for (let second = 0; second < 90; second += 1) {
      await machine.pass(1000);
      expect(await machine.phases()).toContainEqual(expect.stringMatching(/Ready$/));
    }
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    expect((await machine.pool())?.status).toMatchObject({ instances: 1, updated: 1 });
  });

  it("start a builder again that crashed, and one that could not be started", async () => {
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

  it("go when they are deleted, with their builders drained and everything they own", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    await machine.store.delete("BuilderPool", "o2");
    await machine.pass(30_000);
    expect(await machine.pool()).toBeUndefined();
    expect(await machine.phases()).toEqual([]);
    expect((await machine.workloads.observe("o2", new Set())).pods).toEqual([]);
  });

  it("go within ten minutes when a builder does not drain", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30_000);
    for (const builder of machine.builders.values()) builder.isBusy = true;
    await machine.store.delete("BuilderPool", "o2");
    await machine.pass(8 * minute);
    expect(await machine.phases()).toEqual(["o2-0 Draining"]);
    await machine.pass(2 * minute);
    expect(await machine.pool()).toBeUndefined();
  });

  it("keep what people set on a builder", async () => {
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
