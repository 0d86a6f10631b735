import { describe, expect, it } from "vitest";
import { fieldsWithoutEffectOf } from "../../../../src/local/pools/withoutEffect.ts";
import { aPool } from "../../../support/objects/pool.ts";

describe("a pool on one machine", () => {
  it("gets a note for each field that needs a cluster", () => {
    expect(fieldsWithoutEffectOf(aPool({ image: "slc9", external: { names: [], count: 1 } }))).toEqual([
      "o2: spec.external has no effect on one machine: outside hosts cannot join a pool yet",
      "o2: spec.image has no effect on one machine: builds use the programs of this machine instead of a container",
    ]);
    expect(fieldsWithoutEffectOf(aPool({ cellSecrets: [{ name: "grid" }] }))).toEqual([]);
  });
});
