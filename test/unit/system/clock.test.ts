import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/system/clock.ts";

describe("systemClock", () => {
  it.each([1, 40_000_000])("sleeps %i minutes, even beyond the longest timer of Node", async (minutes) => {
    const stop = new AbortController();
    let isAwake = false;
    const sleeping = systemClock.sleep(minutes * 60_000, stop.signal).finally(() => {
      isAwake = true;
    });
    sleeping.catch(() => {});
    await systemClock.sleep(20);
    expect(isAwake).toBe(false);

    stop.abort();
    await expect(sleeping).rejects.toThrow("aborted");
  });
});
