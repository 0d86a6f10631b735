import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createVitals } from "../../../src/system/vitals.ts";

/** Keeps the process from everything else for so long. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("the vitals of a process", () => {
  it("show a stall to who asks after it, and to him alone", async () => {
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
