import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import { activeBuildersOf, isActive } from "../../../../src/core/partition/active.ts";
import { aBuilder } from "../../../support/objects/builder.ts";

const { status: _, ...withoutStatus } = aBuilder("o2-0");
const { account: __, ...spec } = aBuilder("mac-a").spec;
const aHostWithoutAccount = { ...aBuilder("mac-a"), spec };
const at = "2026-01-01T00:00:00Z";

describe("a builder in the partition", () => {
  it("is a Ready builder that warmed up in this process at this revision", () => {
    expect(isActive(aBuilder("o2-0"))).toBe(true);
  });

  it.each<[string, Builder]>([
    ["has no status yet", withoutStatus],
    ["is warming up", aBuilder("o2-0", { phase: "Warming" })],
    ["drains", aBuilder("o2-0", { phase: "Draining" })],
    ["is quarantined", aBuilder("o2-0", { phase: "Quarantined" })],
    ["is suspect", aBuilder("o2-0", { phase: "Suspect" })],
    ["should drain and is still Ready", aBuilder("o2-0", {}, { desired: "Drain" })],
    ["is Ready with the marker of an earlier process", aBuilder("o2-0", { incarnation: "o2-0-2" })],
    ["is Ready with the marker of an earlier revision", aBuilder("o2-0", { revision: "r2" })],
    [
      "is Ready without a marker",
      { ...withoutStatus, status: { phase: "Ready", incarnation: "o2-0-1", revision: "r1" } },
    ],
    ["is a host without an account", aHostWithoutAccount],
    ["is a host that reported with an earlier account", aBuilder("mac-a", { podUid: "account-of-yesterday" })],
    ["is deleted", { ...aBuilder("o2-0"), metadata: { name: "o2-0", deletionTimestamp: at } }],
  ])("is not a builder that %s", (_, builder) => {
    expect(isActive(builder)).toBe(false);
  });

  it("is ranked by worker index; outside hosts without an index come last", () => {
    const outside = aBuilder("mac-a");
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
