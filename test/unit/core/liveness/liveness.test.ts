import { describe, expect, it } from "vitest";
import { heartbeatAgeOf, livenessOf, observeHeartbeats } from "../../../../src/core/liveness/liveness.ts";

const beats = (beat: string | undefined) => new Map([["o2-0", beat]]);

describe("the life of a builder", () => {
  it.each([
    { heartbeatAge: 0, isDead: false, life: "Alive" },
    { heartbeatAge: 74_999, isDead: false, life: "Alive" },
    { heartbeatAge: 75_000, isDead: false, life: "Suspect" },
    { heartbeatAge: 929_999, isDead: false, life: "Suspect" },
    { heartbeatAge: 930_000, isDead: false, life: "Lost" },
    { heartbeatAge: 0, isDead: true, life: "Lost" },
  ])("is $life after $heartbeatAge ms without a heartbeat, with a death certificate: $isDead", ({ life, ...facts }) => {
    expect(livenessOf(facts)).toBe(life);
  });
});

describe("the silence of a builder", () => {
  it("is counted from when its heartbeat was first seen as it is", () => {
    const first = observeHeartbeats(new Map(), beats("1"), 1000);
    const second = observeHeartbeats(first, beats("1"), 50_000);
    expect(heartbeatAgeOf(second, "o2-0", 60_000)).toBe(59_000);
    expect(heartbeatAgeOf(observeHeartbeats(second, beats("2"), 60_000), "o2-0", 60_000)).toBe(0);
  });

  it("begins anew when the operator could not listen", () => {
    const before = observeHeartbeats(new Map(), beats("1"), 0);
    expect(heartbeatAgeOf(observeHeartbeats(undefined, beats("1"), 2_000_000), "o2-0", 2_000_000)).toBe(0);
    expect(heartbeatAgeOf(observeHeartbeats(before, beats("1"), 2_000_000), "o2-0", 2_000_000)).toBe(2_000_000);
  });

  it("counts for a builder that never beat from when it was first looked for", () => {
    const pulses = observeHeartbeats(observeHeartbeats(undefined, beats(undefined), 5_000), beats(undefined), 80_000);
    expect(heartbeatAgeOf(pulses, "o2-0", 80_000)).toBe(75_000);
    expect(heartbeatAgeOf(pulses, "unknown", 80_000)).toBe(0);
  });
});
