import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { aMachine, type Machine } from "../pools/builders.ts";

const second = 1000;
const minute = 60 * second;

/** Creates a Build with a claim of the builder. */
async function aHeldBuild(
  machine: Machine,
  phase: "Claimed" | "Running",
  builder = "o2-0",
  name = "b1",
): Promise<void> {
  const commit = "0123456789012345678901234567890123456789";
  const at = "2026-01-01T00:00:00Z";
  const build: Build = {
    apiVersion: "ci.alice.cern.ch/v1alpha1",
    kind: "Build",
    metadata: { name },
    spec: {
      pool: "o2",
      check: "build/O2/o2",
      repository: "AliceO2Group/AliceO2",
      number: 1,
      commit,
      base: "dev",
      title: "A change",
      author: "somebody",
      urgent: false,
      waitingSince: at,
      group: "untested",
      request: 1,
    },
  };
  const created = await machine.store.create("Build", build);
  const incarnation = (await machine.store.get("Builder", builder))?.status?.incarnation ?? "";
  const claim = { builder, incarnation, attempt: 1, request: 1, commit, since: at };
  await machine.store.updateStatus("Build", { ...created, status: { phase, attempt: 1, claim } });
}

async function buildPhase(machine: Machine): Promise<string | undefined> {
  return (await machine.store.get("Build", "b1"))?.status?.phase;
}

function silence(machine: Machine): void {
  const builder = machine.builders.get("o2-0");
  if (builder !== undefined) builder.isSilent = true;
}

describe("a builder without a heartbeat", () => {
  it("is Suspect after 75 s, and loses claims without a started build", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Claimed");
    silence(machine);
    await machine.pass(60 * second);
    expect([await machine.phases(), await buildPhase(machine)]).toEqual([["o2-0 Ready"], "Claimed"]);
    await machine.pass(25 * second);
    expect([await machine.phases(), await buildPhase(machine)]).toEqual([["o2-0 Suspect"], "Queued"]);
  });

  it("keeps its running build until it is Lost after 930 s", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Running");
    silence(machine);
    await machine.pass(15 * minute);
    expect([await machine.phases(), await buildPhase(machine)]).toEqual([["o2-0 Suspect"], "Running"]);
    await machine.pass(1 * minute);
    expect([await machine.phases(), await buildPhase(machine)]).toEqual([["o2-0 Lost"], "Queued"]);
    const build = await machine.store.get("Build", "b1");
    expect(build?.status?.trouble).toMatchObject({ reason: "BuilderLost", builder: "o2-0" });
  });

  it("loses its claims although another builder's object is unreadable", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    machine.faults.unreadable.add("o2-7");
    await aHeldBuild(machine, "Running", "o2-7", "b0");
    await aHeldBuild(machine, "Claimed");
    silence(machine);
    await machine.pass(85 * second);
    expect(await buildPhase(machine)).toBe("Queued");
    expect((await machine.store.get("Build", "b0"))?.status?.phase).toBe("Running");
  });

  it("sets its own phase again when it returns", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    silence(machine);
    await machine.pass(2 * minute);
    const builder = machine.builders.get("o2-0");
    if (builder !== undefined) builder.isSilent = false;
    await machine.pass(20 * second);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
  });

  it("is not marked Lost for time in which the store did not reply", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    silence(machine);
    await machine.pass(10 * second);
    machine.faults.listFails = true;
    await machine.pass(20 * minute);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    machine.faults.listFails = false;
    await machine.pass(60 * second);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    await machine.pass(30 * second);
    expect(await machine.phases()).toEqual(["o2-0 Suspect"]);
  });
});

describe("a builder during an interrupted watch", () => {
  it("is not marked Lost for that time", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    silence(machine);
    await machine.pass(10 * second);
    machine.setWatchHealth(false);
    await machine.pass(20 * minute);
    machine.setWatchHealth(true);
    await machine.pass(60 * second);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    await machine.pass(30 * second);
    expect(await machine.phases()).toEqual(["o2-0 Suspect"]);
  });
});

describe("a drained builder", () => {
  it("may stop its heartbeat", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await machine.annotate("o2-0", "drain");
    await machine.pass(10 * second);
    silence(machine);
    await machine.pass(20 * minute);
    expect(await machine.phases()).toEqual(["o2-0 Drained"]);
  });
});

describe("a builder with the claims of two builds", () => {
  it("keeps one of them", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Running", "o2-0", "b0");
    await aHeldBuild(machine, "Running");
    await machine.pass(10 * second);
    const phases = (await machine.store.list("Build")).map(({ status }) => status?.phase);
    expect(phases.toSorted()).toEqual(["Queued", "Running"]);
    expect((await machine.store.get("Build", "b1"))?.status?.trouble?.message).toBe(
      '"o2-0" held another build too, and a builder runs one build at a time',
    );
  });
});

describe("a builder with an ended process", () => {
  it("is Lost at once, and its running build is requeued", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Running");
    machine.faults.startThrows = true;
    machine.builders.get("o2-0")?.crash();
    await machine.pass(500);
    expect([await machine.phases(), await buildPhase(machine)]).toEqual([["o2-0 Lost"], "Queued"]);
  });

  it("loses its claims as soon as a new process registers under its name", async () => {
    await using machine = await aMachine({ instances: 1 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Running");
    const builder = await machine.store.get("Builder", "o2-0");
    if (builder?.status === undefined) throw new Error("no builder");
    await machine.store.updateStatus("Builder", { ...builder, status: { ...builder.status, incarnation: "next" } });
    await machine.pass(6 * second);
    expect(await buildPhase(machine)).toBe("Queued");
  });

  it("loses its builds when its object is gone too", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30 * second);
    await aHeldBuild(machine, "Running", "o2-1");
    await machine.change({ instances: 1 });
    await machine.pass(40 * second);
    expect(await machine.phases()).toEqual(["o2-0 Ready"]);
    expect(await buildPhase(machine)).toBe("Queued");
  });
});
