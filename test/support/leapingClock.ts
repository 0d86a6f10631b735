import type { Clock } from "../../src/system/clock.ts";

export interface LeapingClock extends Clock {
  /** Moves both clocks. */
  advance(ms: number): void;
}

/** A clock that moves with `advance` and with every sleep. A sleep returns at once. */
export function leapingClock(start = Date.now()): LeapingClock {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    random: () => 0,
    advance(ms) {
      passed += ms;
    },
    async sleep(ms) {
      passed += ms;
    },
  };
}
