import { describe, expect, it } from "vitest";
import { refusedCanaries } from "../../../../src/core/definitions/canary.ts";
import { canaryCountOf } from "../../../../src/core/pool/rollout/canaryOrdinals.ts";
import { parsePools } from "../../../../src/local/pools/poolFiles.ts";
import { aPool, World } from "../pool/world.ts";

describe("a canary that leaves no loud builder", () => {
  it.each([
    { instances: 4, update: { canary: {} }, refused: false },
    { instances: 1, update: { canary: {} }, refused: false },
    { instances: 0, update: { canary: { builders: 3 } }, refused: false },
    { instances: 1, update: { maxSurge: 0, canary: {} }, refused: true },
    { instances: 2, update: { canary: { builders: 2 } }, refused: true },
    { instances: 2, update: { maxSurge: 1, canary: { builders: 2 } }, refused: false },
    { instances: 2, update: { maxSurge: 1, canary: { builders: 3 } }, refused: true },
  ])("of $instances builders with $update is refused: $refused", ({ instances, update, refused }) => {
    const pool = aPool({ instances, update });
    expect(refusedCanaries(pool).length > 0).toBe(refused);
    const builders = pool.spec.update.canary?.builders ?? 0;
    if (instances > 0) expect(canaryCountOf(new World({ instances, update }).observe()) < builders).toBe(refused);
  });

  it("is refused with the numbers and the way out", () => {
    const update = { maxSurge: 0, canary: {} };
    expect(refusedCanaries(aPool({ instances: 1, update }))).toEqual([
      "update.canary.builders is 1, which leaves no loud builder to compare with: the pool has instances 1 and " +
        "update.maxSurge 0; lower update.canary.builders, or raise update.maxSurge",
    ]);
  });

  it("needs at least one agreeing verdict, and no more than the status can hold", () => {
    const file = (agree: number) =>
      `kind: BuilderPool\napiVersion: ci.alice.cern.ch/v1alpha1\nmetadata: {name: o2}\nspec:\n  package: O2\n  repository: o/r\n  update: {canary: {agree: ${agree}}}\n`;
    expect(parsePools(file(20), "pool.yaml").problems).toEqual([]);
    expect(parsePools(file(0), "pool.yaml").problems.join()).toContain("pool.yaml:7: spec.update.canary.agree");
    expect(parsePools(file(201), "pool.yaml").problems.join()).toContain("spec.update.canary.agree");
  });
});
