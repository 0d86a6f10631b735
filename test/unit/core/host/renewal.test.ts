import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasSlept, mustRenew } from "../../../../src/core/host/renewal.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = (ms: number, sleptMs = 0) => ({ wall: 1e12 + ms + sleptMs, monotonic: ms });
const month = { issuedAt: 1e12, expiresAt: 1e12 + 30 * day };

describe("the renewal of a token", () => {
  it("renews a token with a look every 15 s long before its end, for every lifetime from 10 min", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10 * minute, max: 30 * day }), (lifetime) => {
        const token = { issuedAt: 1e12, expiresAt: 1e12 + lifetime };
        const due = Math.min(day, lifetime / 3) + 15_000;
        expect(mustRenew(token, at(0), at(due - 15_000), at(due))).toBe(true);
        expect(due).toBeLessThan(lifetime / 2);
      }),
    );
  });

  it("is due at the start of a process", () => {
    expect(mustRenew(month, undefined, undefined, at(0))).toBe(true);
  });

  it("is due once a day, not earlier", () => {
    expect(mustRenew(month, at(0), at(day - 15_000), at(day - 1))).toBe(false);
    expect(mustRenew(month, at(0), at(day - 15_000), at(day))).toBe(true);
  });

  it("is due after a third of a short lifetime", () => {
    const short = { issuedAt: 1e12, expiresAt: 1e12 + 3 * hour };
    expect(mustRenew(short, at(0), at(hour - 15_000), at(hour - 1))).toBe(false);
    expect(mustRenew(short, at(0), at(hour - 15_000), at(hour))).toBe(true);
  });

  it.each([
    ["that its monotonic clock does not count", at(15_000, 8 * hour)],
    ["that its monotonic clock counts", at(8 * hour)],
    ["of 30 s", at(15_000, 30_000)],
  ])("is due after a sleep %s", (_, now) => {
    expect(hasSlept(at(0), now)).toBe(true);
    expect(mustRenew(month, at(0), at(0), now)).toBe(true);
  });
});
