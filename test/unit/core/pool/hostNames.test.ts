import { describe, expect, it } from "vitest";
import type { BuilderPool } from "../../../../src/api/objects/pool.ts";
import { hostNamesOf, takenHostsOf } from "../../../../src/core/pool/hostNames.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { aPool } from "./world.ts";

const none = () => undefined;

function poolOf(name: string, names: readonly string[], day: number): BuilderPool {
  const pool = aPool({ external: { names } });
  return { ...pool, metadata: { ...pool.metadata, name, creationTimestamp: `2026-01-0${day}T00:00:00Z` } };
}

describe("the hosts of a pool", () => {
  it("are sorted, and none on one machine", () => {
    const pool = poolOf("o2", ["mac-b", "mac-a"], 1);
    expect(hostNamesOf({ pool })).toEqual(["mac-a", "mac-b"]);
    expect(hostNamesOf({ pool, environment: { isMachine: true } })).toEqual([]);
    expect(hostNamesOf({ pool, takenHosts: [{ name: "mac-a", owner: "other" }] })).toEqual(["mac-b"]);
  });

  it("belong to the oldest pool with the name", () => {
    const [old, young] = [poolOf("old", ["mac", "own"], 1), poolOf("a-young", ["mac"], 2)];
    expect(takenHostsOf(young, [old, young], none)).toEqual([{ name: "mac", owner: "old" }]);
    expect(takenHostsOf(old, [old, young], none)).toEqual([]);
  });

  it("belong to the pool of an existing Builder", () => {
    const [old, young] = [poolOf("old", ["mac"], 1), poolOf("young", ["mac"], 2)];
    const builder = { ...aBuilder("mac"), spec: { pool: "young", desired: "Active" as const, external: true } };
    const builderOf = (name: string) => (name === "mac" ? builder : undefined);
    expect(takenHostsOf(young, [old, young], builderOf)).toEqual([]);
    expect(takenHostsOf(old, [old, young], builderOf)).toEqual([{ name: "mac", owner: "young" }]);
  });
});
