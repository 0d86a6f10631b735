import type { Milliseconds } from "./duration.ts";

/** Pauses between attempts: `firstMs` after the first failure, doubled with each further one, at most `maxMs`. */
export interface Backoff {
  readonly firstMs: Milliseconds;
  readonly maxMs: Milliseconds;
}

/** The pause in milliseconds after so many failures in a row. Without a failure the pause is 0. */
export function backoffDelay({ firstMs, maxMs }: Backoff, failures: number): Milliseconds {
  return failures <= 0 ? 0 : Math.min(maxMs, firstMs * 2 ** (failures - 1));
}

/**
 * A pause of 50 to 100 % of `delay`, so that many clients do not retry together. `random` returns a number in [0, 1).
 */
export function jittered(delay: Milliseconds, random: () => number): Milliseconds {
  return delay * (1 - random() / 2);
}
