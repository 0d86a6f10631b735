import { type Clock, systemClock } from "../../src/system/clock.ts";

/** The system's clock, but pauses are cut short. */
export function hurriedClock(longest = 30): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, longest), signal) };
}
