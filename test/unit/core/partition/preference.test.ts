import { describe, expect, it } from "vitest";
import { rendezvousWinner, scoreOf } from "../../../../src/core/partition/affinity.ts";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";

describe("a score", () => {
  it("is the first 8 bytes of the hash of builder, check and number, separated by NUL", () => {
    expect(scoreOf("o2-0", "build/O2/o2", 12)).toBe("b638d6aa573d64f1");
  });
});

describe("a preference", () => {
  const fleet = ["o2-0", "o2-1", "o2-2", "o2-3", "o2-4"];

  it("is outscored by another builder unless it is the winner, after every change of the builders", () => {
    const preferences = new Map(fleet.map((name) => [name, createPreference(name)]));
    for (const present of [fleet, fleet.slice(1), fleet.slice(0, 2), fleet]) {
      for (let number = 1; number <= 50; number += 1) {
        const winners = present.filter((name) => !preferences.get(name)?.isOutscored("c", number, new Set(present)));
        expect(winners).toEqual([rendezvousWinner("c", number, present)]);
      }
    }
  });

  it("is not outscored without other builders", () => {
    expect(createPreference("o2-0").isOutscored("c", 1, new Set())).toBe(false);
    expect(createPreference("o2-0").isOutscored("c", 1, new Set(["o2-0"]))).toBe(false);
    expect(rendezvousWinner("c", 1, [])).toBeUndefined();
  });

  it("returns the owner of a commit at every size, cached or not", () => {
    const preference = createPreference("o2-0");
    for (const size of [3, 3, 4, 3])
      expect(preference.ownerRank("c", "abc", size)).toBe(ownerOfCommit("c", "abc", size));
  });
});
