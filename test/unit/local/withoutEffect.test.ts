import { describe, expect, it } from "vitest";
import { withoutEffect } from "../../../src/local/withoutEffect.ts";
import { aPool } from "../queue/objects.ts";

describe("a pool on one machine", () => {
  it("is told which of its fields need a cluster", () => {
    expect(withoutEffect(aPool({ cellSecrets: [{ name: "grid" }], external: { names: [], count: 1 } }))).toEqual([
      "o2: spec.cellSecrets has no effect on one machine: no Secret is handed to builds here; use env for what is no secret",
      "o2: spec.external has no effect on one machine: other hosts join a pool that runs in a cluster",
    ]);
    expect(withoutEffect(aPool({ cellSecrets: [] }))).toEqual([]);
  });
});
