import type { Listing } from "../core/pullRequest/pullRequest.ts";

export interface StatusWrite {
  readonly repository: string;
  readonly commit: string;
  readonly context: string;
  readonly state: "pending" | "success" | "error";
  readonly description: string;
  /** Empty for none. */
  readonly url: string;
}

export interface CommentWrite {
  readonly repository: string;
  readonly number: number;
  /** The first comment whose body starts with this is ours; it is edited rather than doubled. */
  readonly prefix: string;
  readonly body: string;
}

export interface Budget {
  readonly resource: "core" | "graphql";
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  /** Wall clock, milliseconds. */
  readonly resetAt: number;
}

/** Everything we ask of GitHub. Every failure is a `GitHubError`. One instance per credential and address. */
export interface GitHub {
  /** Every open pull request with this base, all pages, or an error; conditional and cached, so an unchanged answer is cheap. */
  list(request: {
    readonly repository: string;
    readonly branch: string;
    readonly teams: readonly string[];
    /** Milliseconds until the caller asks again; 60 s when absent. Statuses are read anew every third time, at least every 150 s. */
    readonly pollInterval?: number;
    readonly signal: AbortSignal;
  }): Promise<Listing>;
  /** Idempotent: writes only when the newest status of that context differs. `written` says whether it did. */
  setStatus(status: StatusWrite, signal: AbortSignal): Promise<{ readonly written: boolean }>;
  /** Idempotent, also when the connection was cut after GitHub had applied it: looks before it posts. */
  upsertComment(comment: CommentWrite, signal: AbortSignal): Promise<{ readonly written: boolean }>;
  /** Last known budgets, from the answers' headers; costs no request. */
  budgets(): readonly Budget[];
}

export type GitHubErrorCode =
  | "Unreachable" // network, 5xx, cut connection, bad JSON: try again
  | "RateLimited" // not before `retryAt`
  | "Unauthorized" // the credential is missing, wrong or lacks the right: a person must act
  | "NotFound" // repository, branch, commit or pull request is gone or invisible
  | "Rejected" // GitHub understood and refused (422): trying the same again is useless
  | "Malformed"; // the answer does not fit what GitHub documents

export class GitHubError extends Error {
  override readonly name = "GitHubError";
  readonly code: GitHubErrorCode;
  /** Wall clock, milliseconds: not before then. */
  readonly retryAt: number | undefined;
  constructor(code: GitHubErrorCode, message: string, options: ErrorOptions & { readonly retryAt?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAt = options.retryAt;
  }
}
