import { describe, expect, it } from "vitest";
import { expiredAreas } from "../../../../src/builder/areas/expiry.ts";

const parked = [
  { folder: "o2", name: "1", lastUsed: 100 },
  { folder: "o2", name: "2", lastUsed: 300 },
  { folder: "o2", name: "3", lastUsed: 200 },
  { folder: "o2", name: "4", lastUsed: 10 },
];
const names = (areas: readonly { readonly name: string }[]) => areas.map(({ name }) => name);

describe("the expiry of work areas", () => {
  it("deletes areas without a Build and areas without use for maxAge", () => {
    const { expired } = expiredAreas({ parked, isWanted: ({ name }) => name !== "2", now: 400, maxAge: 350 });
    expect(names(expired)).toEqual(["2", "4"]);
  });

  it("offers the others to a short disk, the oldest first, and keeps the newest", () => {
    const { expired, ifShort } = expiredAreas({ parked, isWanted: () => true, now: 400, maxAge: 350 });
    expect(names(expired)).toEqual(["4"]);
    expect(names(ifShort)).toEqual(["1", "3"]);
  });

  it("offers nothing to a short disk when every area is expired", () => {
    const { expired, ifShort } = expiredAreas({ parked, isWanted: () => true, now: 10_000, maxAge: 1 });
    expect(names(expired)).toEqual(["4", "1", "3", "2"]);
    expect(ifShort).toEqual([]);
  });
});
