/** Why a store call failed. Callers decide by this code; the message is for people. */
export type StoreErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "Conflict" // the precondition failed: read the object again
  | "Invalid" // the object does not fit its schema: the message names the fields
  | "Unauthorized" // the store does not know the credential: it is expired, revoked or of another server
  | "Forbidden" // the credential is valid, but lacks a right
  | "Expired" // the store dropped the version to continue from: list again
  | "Unavailable"; // the write may or may not have happened: read the object again

/** Every expected failure of an ObjectStore or a KubernetesClient. Any other error is a bug. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  /** Pause before the next attempt, in milliseconds; undefined when the store did not ask for one. */
  readonly retryAfterMs: number | undefined;
  constructor(code: StoreErrorCode, message: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Reports whether `error` is a StoreError, with the given code if there is one. */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  return error instanceof StoreError && (code === undefined || error.code === code);
}
