import { describe, expect, it } from "vitest";
import type { Action, Operation } from "../../../../src/core/pool/action.ts";
import { applyPlan } from "../../../../src/operator/pools/apply.ts";
import type { PoolWorld } from "../../../../src/operator/pools/world.ts";
import { meta } from "../../../support/objects/stored.ts";
import { aPool } from "../../core/pool/world.ts";
import { aMachine } from "./builders.ts";

describe("a pool with a Builder that the operator may not write", () => {
  it("scales and updates its other builders", async () => {
    await using machine = await aMachine({ instances: 3 });
    await machine.pass(30_000);
    machine.faults.forbidden.add("o2-1");
    await machine.change({ instances: 5, architecture: "slc9_x86-64" });
    await machine.pass(120_000);
    expect(await machine.phases()).toEqual(["o2-0 Ready", "o2-1 Ready", "o2-2 Ready", "o2-3 Ready", "o2-4 Ready"]);
    expect((await machine.store.get("Builder", "o2-2"))?.status?.revision).toBe(
      (await machine.pool())?.status?.revision,
    );
  });

  it("writes its status, shows the failure in Progressing, and emits one Event", async () => {
    await using machine = await aMachine({ instances: 2 });
    await machine.pass(30_000);
    machine.faults.forbidden.add("o2-1");
    machine.emitted.length = 0;
    await machine.change({ instances: 3 });
    await machine.pass(60_000);
    const message = 'Writes fail and are retried: the credential may not write Builder "o2-1"';
    expect(await machine.pool()).toMatchObject({
      status: { ready: 3, conditions: expect.arrayContaining([progressing("True", "ApplyFailed", message)]) },
    });
    expect(machine.emitted.filter(({ reason }) => reason === "ApplyFailed")).toHaveLength(1);
    machine.faults.forbidden.clear();
    await machine.pass(60_000);
    expect((await machine.pool())?.status?.conditions).toContainEqual(
      progressing("False", "AsDesired", "The builders are as declared"),
    );
  });
});

const progressing = (status: string, reason: string, message: string): unknown =>
  expect.objectContaining({ type: "Progressing", status, reason, message });

describe("a plan with a failed action", () => {
  const pool = { ...aPool(), metadata: meta("o2") };
  const spec = { pool: "o2", desired: "Active", external: false } as const;
  const operations: readonly Operation[] = [
    { do: "addFinalizer" },
    { do: "applyBuilder", name: "o2-0", spec },
    { do: "deleteBuilder", name: "o2-9" },
    { do: "applyWorkload", replicas: 1, revision: "r" },
    { do: "deletePod", name: "o2-0", uid: "u", graceMs: 0 },
  ];

  it.each<[Operation["do"], readonly string[]]>([
    ["addFinalizer", []],
    ["applyBuilder", ["addFinalizer", "deleteBuilder", "applyWorkload", "deletePod"]],
    ["deleteBuilder", ["addFinalizer", "applyBuilder", "applyWorkload", "deletePod"]],
    ["applyWorkload", ["addFinalizer", "applyBuilder", "deleteBuilder"]],
    ["deletePod", ["addFinalizer", "applyBuilder", "deleteBuilder", "applyWorkload"]],
  ])("continues after %s with %j", async (failing, expected) => {
    const done: string[] = [];
    const step = async (what: Operation["do"]) => {
      if (what === failing) throw new Error(`${what} failed`);
      done.push(what);
    };
    const world = {
      store: {
        get: async () => pool,
        update: () => step("addFinalizer"),
        create: () => step("applyBuilder"),
        delete: (kind: string) => (kind === "Builder" ? step("deleteBuilder") : undefined),
      },
      workloads: { apply: () => step("applyWorkload"), deletePod: () => step("deletePod") },
    } as unknown as PoolWorld;
    const actions = operations.map((operation): Action => ({ ...operation, reason: "AsDesired", message: "m" }));
    const known = { get: () => undefined, wrote: () => {} };
    const failures = await applyPlan(world, pool, { actions }, known);
    expect(failures).toEqual([new Error(`${failing} failed`)]);
    expect(done).toEqual(expected);
  });
});
