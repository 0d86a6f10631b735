import { describe, expect, it } from "vitest";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import { deferralOf, partitionViewOf, type QueueView } from "../../../../src/core/queue/partitionView.ts";
import { withVerdict } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { noon } from "../../../support/objects/moment.ts";

const patience = 600_000;

function deferral(self: string, size: number, changes: Partial<QueueView> = {}, build = failed()): number {
  const view: QueueView = {
    self,
    builds: [build],
    builders: builders(size),
    strategy: "Affinity",
    patience,
    preference: createPreference(self),
    waited: () => 60_000,
    now: noon + 86_400_000,
    ...changes,
  };
  return deferralOf(view, partitionViewOf(view), build);
}
/** A recheck of a commit that o2-0 failed, with its tree there. */
const failed = (group: "failed" | "untested" = "failed") =>
  withVerdict("Failure", { group, request: 2 }, { tree: "o2-0" });

describe("the recheck of a failed commit", () => {
  it("goes to another ready builder than the one that failed it", () => {
    expect(deferral("o2-0", 2)).toBe(Number.POSITIVE_INFINITY);
    expect(deferral("o2-1", 2)).toBe(0);
  });

  it("returns to the builder that failed it if there is no other", () => {
    expect(deferral("o2-0", 1)).toBe(0);
  });

  it.each<readonly [string, string, number]>([
    ["returns to the builder that failed it if force-hashes forbids the others to build it", "ffffffff", 0],
    ["goes to a builder whose force-hashes lists it", failed().spec.commit, Number.POSITIVE_INFINITY],
  ])("%s", (_, forced, own) => {
    const both = [aBuilder("o2-0"), aBuilder("o2-1", { forced: [forced] })];
    expect(deferral("o2-0", 2, { builders: both })).toBe(own);
  });

  it("returns after patience if a person asked for it", () => {
    const build = failed("untested");
    expect(deferral("o2-0", 2, {}, build)).toBeGreaterThan(0);
    expect(deferral("o2-0", 2, { waited: () => patience + 3_000 }, build)).toBe(0);
  });

  it("moves to the next worker index with the strategy Modulo", () => {
    const takers = ["o2-0", "o2-1", "o2-2"].filter((name) => deferral(name, 3, { strategy: "Modulo" }) === 0);
    expect(takers).toHaveLength(1);
    expect(takers).not.toContain("o2-0");
  });

  it("stays with the builder that holds the tree after a success", () => {
    const build = withVerdict("Success", { group: "succeeded", request: 2 }, { tree: "o2-0" });
    expect(deferral("o2-0", 2, {}, build)).toBe(0);
  });
});
