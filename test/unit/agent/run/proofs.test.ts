import { describe, expect, it } from "vitest";
import { createProofs } from "../../../../src/agent/run/proofs.ts";

const minute = 60_000;

function aHost() {
  const clock = { wall: 1e12, monotonic: 0, now: () => clock.wall };
  const machine = { build: "24A335" };
  const proofs = createProofs({ now: () => clock.wall, monotonic: () => clock.monotonic }, async () => machine.build);
  /** Lets time pass with a heartbeat every 15 s. */
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 15_000) {
      clock.wall += 15_000;
      clock.monotonic += 15_000;
      proofs.observe();
    }
  };
  const sleep = (ms: number) => {
    clock.wall += ms;
  };
  return { proofs, machine, pass, sleep };
}

describe("the proofs of a tool chain", () => {
  it("are due after a sleep of 30 s, with or without work, until the next proof", async () => {
    const { proofs, pass, sleep } = aHost();
    await proofs.passed();
    pass(minute);
    expect(await proofs.due(false)).toBeUndefined();
    sleep(30_000);
    pass(15_000);
    expect(await proofs.due(false)).toMatch(/slept/);
    pass(minute);
    expect(await proofs.due(false)).toMatch(/slept/);
    await proofs.passed();
    expect(await proofs.due(true)).toBeUndefined();
  });

  it("are due after an update of the system", async () => {
    const { proofs, machine } = aHost();
    await proofs.passed();
    machine.build = "24B83";
    expect(await proofs.due(false)).toBe("the system changed from 24A335 to 24B83");
  });

  it("are due after an hour, only before a claim", async () => {
    const { proofs, pass } = aHost();
    await proofs.passed();
    pass(60 * minute);
    expect(await proofs.due(true)).toBeUndefined();
    pass(minute);
    expect(await proofs.due(false)).toBeUndefined();
    expect(await proofs.due(true)).toMatch(/more than an hour/);
  });

  it("are not due before the first warm-up, which is a proof itself", async () => {
    const { proofs, pass } = aHost();
    pass(120 * minute);
    expect(await proofs.due(true)).toBeUndefined();
  });
});
