import { describe, expect, it } from "vitest";
import { hasJumped, killIn, mayStart, mustKill } from "../../../../src/core/liveness/heartbeat.ts";

const sent = { wall: 1_000_000, monotonic: 5_000 };
const later = (seconds: number, wallSeconds = seconds) => ({
  wall: sent.wall + wallSeconds * 1000,
  monotonic: sent.monotonic + seconds * 1000,
});

describe("a heartbeat", () => {
  it.each([
    [0, true, false],
    [60, true, false],
    [60.001, false, false],
    [900, false, false],
    [900.001, false, true],
  ])("acknowledged %s s after it was sent: may start %s, must kill %s", (age, start, kill) => {
    expect(mayStart(sent, later(age))).toBe(start);
    expect(mustKill(sent, later(age))).toBe(kill);
  });

  it("must kill exactly after the time until the kill", () => {
    const now = later(300);
    const end = { wall: now.wall + killIn(sent, now), monotonic: now.monotonic + killIn(sent, now) };
    expect(mustKill(sent, end)).toBe(true);
    expect(mustKill(sent, { wall: end.wall - 1, monotonic: end.monotonic - 1 })).toBe(false);
  });

  it("allows no start before the first acknowledgement", () => {
    expect(mayStart(undefined, later(0))).toBe(false);
    expect(mustKill(undefined, later(0))).toBe(true);
  });

  it.each([
    ["the host was suspended for ten minutes", later(5, 605)],
    ["the clock was set back", later(5, -3600)],
  ])("counts as expired when %s", (_, now) => {
    expect(hasJumped(sent, now)).toBe(true);
    expect(mayStart(sent, now)).toBe(false);
    expect(mustKill(sent, now)).toBe(true);
  });

  it("tolerates the drift of ordinary clocks", () => {
    expect(hasJumped(sent, later(900, 904))).toBe(false);
    expect(mayStart(sent, later(15, 16))).toBe(true);
  });
});
