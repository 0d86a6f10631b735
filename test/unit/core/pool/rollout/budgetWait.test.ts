import { describe, expect, it } from "vitest";
import { drainAnnotation } from "../../../../../src/api/objects/group.ts";
import { forecast } from "../../../../../src/core/pool/forecast.ts";
import { planPool } from "../../../../../src/core/pool/plan.ts";
import { condition, settled } from "../settled.ts";
import type { World } from "../world.ts";

const three = { instances: 3, update: { maxUnavailable: 1 } };

function progressOf(world: World): string {
  const { status } = planPool(world.observe(), world.now);
  const condition = status.conditions?.find(({ type }) => type === "Progressing");
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`;
}

const budget = "at least 2 of 3 builders stay in service";

describe("a builder that waits for the budget", () => {
  it("does not wait for a builder that a person drained", () => {
    const world = settled(three);
    world.annotate("o2-0", { [drainAnnotation]: "true" });
    world.settle();
    world.change({ image: "builder:2" });
    world.settle();
    expect(progressOf(world)).toMatch(/^False UpdateFinished|^False AsDesired/);
    expect(condition(world, "Available")).toBe(
      "True AllReady: 2 of 2 builders are ready (a person drained o2-0; to undo: builderpool drain o2-0 --undo)",
    );
  });

  it("is named when a restart waits for a warm-up, with the budget of the builders that nobody drained", () => {
    const world = settled({ ...three, instances: 4 });
    world.annotate("o2-0", { [drainAnnotation]: "true" });
    world.settle();
    world.setStatus("o2-2", "Warming");
    world.restart("o2-1");
    const wait = `"o2-1" waits for its restart: ${budget}, and "o2-2" warms up`;
    expect(progressOf(world)).toBe(`True BudgetUsed: 2 of 3 builders are ready; ${wait}`);
    expect(forecast(world.observe(), 0).map(({ message }) => message)).toContainEqual(wait);
  });

  it("is named with the failure of a warm-up that is retried", () => {
    const world = settled(three);
    world.change({ image: "builder:2" });
    for (let round = 0; round < 20 && world.builder("o2-2").status?.phase !== "Warming"; round += 1) {
      world.step();
      world.advance();
    }
    expect(progressOf(world)).toMatch(/^True UpdateStarted: /);
    const warmup = { done: 0, total: 1, progressAt: "2026-01-05T12:00:00Z", retryAt: "2026-01-05T12:00:10Z" };
    world.setStatus("o2-2", "Warming", { warmup: { ...warmup, failures: ["Fetching o/r: no network"] } });
    expect(progressOf(world)).toMatch(
      /^True BudgetUsed: 1 of 3 builders have revision [0-9a-f]{10}; "o2-1" \(and 1 more\) waits for its update: at least 2 of 3 builders stay in service, and "o2-2" retries its warm-up \(Fetching o\/r: no network; next try at 12:00:10 UTC\)$/,
    );
  });

  it("is not named while an update only waits for the builder that it replaces", () => {
    const world = settled(three);
    world.change({ image: "builder:2" });
    const seen = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      seen.add(progressOf(world).split(":")[0] ?? "");
      world.step();
      world.advance();
    }
    expect([...seen].filter((reason) => reason.includes("BudgetUsed"))).toEqual([]);
  });
});
