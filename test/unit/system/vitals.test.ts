import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { observeStalls, readVitals } from "../../../src/system/vitals.ts";

it("reports a blocked event loop once, with its length", async () => {
  const stalls: number[] = [];
  observeStalls((seconds) => stalls.push(seconds));
  await sleep(50);
  const end = performance.now() + 300;
  while (performance.now() < end);
  await sleep(50);
  expect(stalls.filter((seconds) => seconds > 0.2)).toHaveLength(1);
});

it("reads memory and processor time", () => {
  const { cpuSeconds, residentBytes } = readVitals();
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(residentBytes).toBeGreaterThan(1e7);
});
