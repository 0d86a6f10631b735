import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import { activeBuildersOf, isActive } from "../../../../src/core/partition/active.ts";
import { aBuilder } from "../../../support/objects/builder.ts";

const { status: _, ...silent } = aBuilder("o2-0");
const at = "2026-01-01T00:00:00Z";

describe("a member of the partition", () => {
  it("is a Ready builder that warmed up in this process at this revision", () => {
    expect(isActive(aBuilder("o2-0"))).toBe(true);
  });

  it.each<[string, Builder]>([
    ["has not spoken yet", silent],
    ["is warming up", aBuilder("o2-0", { phase: "Warming" })],
    ["drains", aBuilder("o2-0", { phase: "Draining" })],
    ["is quarantined", aBuilder("o2-0", { phase: "Quarantined" })],
    ["is suspect", aBuilder("o2-0", { phase: "Suspect" })],
    ["is meant to drain and has not noticed", aBuilder("o2-0", {}, { desired: "Drain" })],
    ["says Ready with the marker of an earlier process", aBuilder("o2-0", { incarnation: "o2-0-2" })],
    ["says Ready with the marker of an earlier revision", aBuilder("o2-0", { revision: "r2" })],
    ["says Ready without a marker", { ...silent, status: { phase: "Ready", incarnation: "o2-0-1", revision: "r1" } }],
    ["is deleted", { ...aBuilder("o2-0"), metadata: { name: "o2-0", deletionTimestamp: at } }],
  ])("is none that %s", (_, builder) => {
    expect(isActive(builder)).toBe(false);
  });

  it("has a rank by worker index, not by name, and outside hosts without an index come last", () => {
    const outside = { ...aBuilder("mac-a"), spec: { pool: "o2", desired: "Active" as const, external: true } };
    const fleet = [
      outside,
      aBuilder("o2-10"),
      aBuilder("o2-9"),
      aBuilder("o2-1", { phase: "Warming" }),
      aBuilder("o2-0"),
    ];
    expect(activeBuildersOf(fleet)).toEqual(["o2-0", "o2-9", "o2-10", "mac-a"]);
  });
});
