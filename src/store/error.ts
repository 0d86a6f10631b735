export type StoreErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "Conflict" // the precondition failed: read again
  | "Invalid" // the object does not fit its schema: the message says where
  | "Forbidden"
  | "Expired" // the version to go on from is no longer known: list again
  | "Unavailable"; // not known whether the write happened: read again

/** Every failure of a store. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  /** How long the store asks to be left alone, in milliseconds, when it said so. */
  readonly retryAfterMs: number | undefined;
  constructor(code: StoreErrorCode, message: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  return error instanceof StoreError && (code === undefined || error.code === code);
}
