import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/system/clock.ts";

describe("the clock of the machine", () => {
  it.each([1, 40_000_000])("sleeps %i minutes, which may be longer than a timer of Node can be", async (minutes) => {
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
