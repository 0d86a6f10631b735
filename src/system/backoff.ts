/** How long to wait after failures: twice as long after each, from the first pause to the longest. Milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The pause after so many failures in a row, none without one; jittered down to half, so that many do not come back together. */
export function backoffDelay({ firstMs, maxMs }: Backoff, failures: number, random: () => number): number {
  if (failures === 0) return 0;
  return Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (1 - random() / 2);
}
