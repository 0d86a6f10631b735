/** When a client gives up. Milliseconds. */
export interface Limits {
  /** For a request that is no watch, or for one page of a list, its answer's last byte included. */
  readonly deadlineMs: number;
  /** Silence for so long is the end of a watch, whatever its connection looks like: the server sends a bookmark a minute. */
  readonly quietMs: number;
}

export const usualLimits: Limits = { deadlineMs: 30_000, quietMs: 100_000 };
