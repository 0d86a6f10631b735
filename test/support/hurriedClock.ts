import { type Clock, systemClock } from "../../src/system/clock.ts";

/** The system clock, but no sleep takes longer than `longest` milliseconds. */
export function hurriedClock(longest = 30): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, longest), signal) };
}
