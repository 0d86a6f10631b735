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
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  return error instanceof StoreError && (code === undefined || error.code === code);
}
