import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createVitals } from "../../../src/system/vitals.ts";

/** Blocks the event loop for some milliseconds. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("vitals", () => {
  it("report a stall once", async () => {
    const vitals = createVitals();
    await sleep(50);
    stall(300);
    await sleep(50);
    const [first, second] = [vitals(), vitals()];
    expect(first.stallSeconds).toBeGreaterThan(0.2);
    expect(second.stallSeconds).toBe(0);
    expect(first.cpuSeconds).toBeGreaterThan(0);
    expect(first.residentBytes).toBeGreaterThan(1e7);
  });
});
