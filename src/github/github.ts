import type { Listing } from "../core/pullRequest/pullRequest.ts";

export interface StatusWrite {
  readonly repository: string;
  readonly commit: string;
  readonly context: string;
  readonly state: "pending" | "success" | "error";
  readonly description: string;
  /** Empty for a status without a link. */
  readonly url: string;
}

export interface CommentWrite {
  readonly repository: string;
  readonly number: number;
  /** The comment of our account that ends with this hidden text is edited, instead of a new one. The body ends so. */
  readonly marker: string;
  /** Begin of an older comment of our account without a marker, which is edited if no comment has the marker. */
  readonly prefix: string;
  readonly body: string;
}

export interface Budget {
  readonly resource: "core" | "graphql";
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  /** Wall clock in milliseconds. */
  readonly resetAt: number;
}

/** All requests to GitHub. Every failure is a `GitHubError`. One instance per credential and address. */
export interface GitHub {
  /**
   * All open pull requests with this base. Throws instead of returning a part. An unchanged list is cheap: reads are
   * cached.
   */
  list(request: {
    readonly repository: string;
    readonly branch: string;
    readonly teams: readonly string[];
    /** Milliseconds until the caller's next request; 60 s when absent. Statuses are at most 2.5 polls or 150 s old. */
    readonly pollInterval?: number;
    /** Numbers of pull requests to read again although nothing shows a change, such as a lost right of a reviewer. */
    readonly reread?: readonly number[];
    readonly signal: AbortSignal;
  }): Promise<Listing>;
  /** Idempotent: writes only when the newest status of that context differs. `written` is true after a write. */
  setStatus(status: StatusWrite, signal: AbortSignal): Promise<{ readonly written: boolean }>;
  /** Idempotent, also after a cut connection: reads the comments before the write. */
  upsertComment(comment: CommentWrite, signal: AbortSignal): Promise<{ readonly written: boolean }>;
  /** Last known budgets, from the headers of replies. Sends no request. */
  budgets(): readonly Budget[];
}

export type GitHubErrorCode =
  | "Unreachable" // network, 5xx, cut connection, bad JSON: retry
  | "RateLimited" // not before `retryAt`
  | "Unauthorized" // the credential is missing or wrong, or lacks the right: a person must act
  | "NotFound" // repository, branch or pull request is gone or invisible: access to it may return
  | "Rejected" // GitHub understood and refused, or the commit is gone (422): a retry cannot succeed
  | "Malformed"; // the reply does not match GitHub's documentation

export class GitHubError extends Error {
  override readonly name = "GitHubError";
  readonly code: GitHubErrorCode;
  /** Earliest time of a retry: wall clock in milliseconds. */
  readonly retryAt: number | undefined;
  constructor(code: GitHubErrorCode, message: string, options: ErrorOptions & { readonly retryAt?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAt = options.retryAt;
  }
}
