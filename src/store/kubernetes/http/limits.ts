/** Time limits of a client, in milliseconds. */
export interface Limits {
  /** For one request or one page of a list, up to the last byte of the response. Watches have their own limit. */
  readonly deadlineMs: number;
  /** A watch that is silent for this long counts as broken: the server sends a bookmark every minute. */
  readonly quietMs: number;
}

/** The limits that every program uses; tests set shorter limits. */
export const defaultLimits: Limits = { deadlineMs: 30_000, quietMs: 100_000 };
