import { describe, expect, it } from "vitest";
import { budgetOf } from "../../../../../src/core/pool/rollout/budget.ts";
import { aPool } from "../world.ts";

describe("the budget", () => {
  it.each([
    { instances: 8, update: {}, minReady: 6, maxSurge: 0 },
    { instances: 7, update: {}, minReady: 6, maxSurge: 0 },
    { instances: 3, update: {}, minReady: 2, maxSurge: 0 },
    { instances: 1, update: {}, minReady: 1, maxSurge: 1 },
    { instances: 1, update: { maxSurge: 0 }, minReady: 0, maxSurge: 0 },
    { instances: 1, update: { maxUnavailable: 1 }, minReady: 0, maxSurge: 1 },
    { instances: 8, update: { maxUnavailable: 0 }, minReady: 7, maxSurge: 0 },
    { instances: 8, update: { maxUnavailable: 0, maxSurge: 2 }, minReady: 8, maxSurge: 2 },
    { instances: 4, update: { maxUnavailable: "100%" }, minReady: 0, maxSurge: 0 },
    { instances: 4, update: { maxUnavailable: 9 }, minReady: 0, maxSurge: 0 },
    { instances: 0, update: {}, minReady: 0, maxSurge: 0 },
  ])("of $instances builders with $update keeps $minReady ready", ({ instances, update, minReady, maxSurge }) => {
    expect(budgetOf(aPool({ instances, update }).spec)).toMatchObject({ minReady, maxSurge });
  });
});
