import { describe, expect, it } from "vitest";
import { changeAgeOf, observeChanges } from "../../../../src/core/liveness/changes.ts";
import { livenessOf } from "../../../../src/core/liveness/liveness.ts";

const heartbeats = (heartbeat: string | undefined) => new Map([["o2-0", heartbeat]]);

describe("the liveness of a builder", () => {
  it.each([
    { heartbeatAge: 0, isDead: false, liveness: "Alive" },
    { heartbeatAge: 74_999, isDead: false, liveness: "Alive" },
    { heartbeatAge: 75_000, isDead: false, liveness: "Suspect" },
    { heartbeatAge: 929_999, isDead: false, liveness: "Suspect" },
    { heartbeatAge: 930_000, isDead: false, liveness: "Lost" },
    { heartbeatAge: 0, isDead: true, liveness: "Lost" },
  ])(
    "is $liveness after $heartbeatAge ms without a heartbeat, with proof of death: $isDead",
    ({ liveness, ...facts }) => {
      expect(livenessOf(facts)).toBe(liveness);
    },
  );
});

describe("the heartbeat age of a builder", () => {
  it("counts from the first observation of the heartbeat", () => {
    const first = observeChanges(new Map(), heartbeats("1"), 1000);
    const second = observeChanges(first, heartbeats("1"), 50_000);
    expect(changeAgeOf(second, "o2-0", 60_000)).toBe(59_000);
    expect(changeAgeOf(observeChanges(second, heartbeats("2"), 60_000), "o2-0", 60_000)).toBe(0);
  });

  it("restarts at 0 after a gap in the watch", () => {
    const before = observeChanges(new Map(), heartbeats("1"), 0);
    expect(changeAgeOf(observeChanges(undefined, heartbeats("1"), 2_000_000), "o2-0", 2_000_000)).toBe(0);
    expect(changeAgeOf(observeChanges(before, heartbeats("1"), 2_000_000), "o2-0", 2_000_000)).toBe(2_000_000);
  });

  it("of a builder without a heartbeat counts from its first observation", () => {
    const ages = observeChanges(observeChanges(undefined, heartbeats(undefined), 5_000), heartbeats(undefined), 80_000);
    expect(changeAgeOf(ages, "o2-0", 80_000)).toBe(75_000);
    expect(changeAgeOf(ages, "unknown", 80_000)).toBe(0);
  });
});
