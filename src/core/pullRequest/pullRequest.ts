/** One open pull request as the lister saw it, parsed and complete. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly isDraft: boolean;
  readonly createdAt: string;
  /** Login; `ghost` when the account is gone. */
  readonly author: string;
  /** OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR, FIRST_TIME_CONTRIBUTOR, FIRST_TIMER, MANNEQUIN, NONE. */
  readonly association: string;
  readonly labels: readonly string[];
  /** Approving reviews that were not dismissed, with the commit each was given for and the reviewer's association. */
  readonly approvals: readonly { readonly commit: string | undefined; readonly association: string }[];
  readonly head: {
    readonly commit: string;
    readonly committedAt: string;
    /** Legacy commit statuses by context. */
    readonly statuses: readonly CommitStatus[];
  };
}

export interface CommitStatus {
  readonly context: string;
  readonly state: "SUCCESS" | "FAILURE" | "ERROR" | "PENDING" | "EXPECTED";
  readonly description: string;
}

/** A complete listing of one repository and base branch. A partial one is never made: it is an error. */
export interface Listing {
  readonly repository: string;
  readonly branch: string;
  readonly pullRequests: readonly PullRequest[];
  /** Numbers of open pull requests that GitHub could not describe: unknown, so neither built anew nor taken for closed. */
  readonly unreadable: readonly number[];
  /** Logins of the members of each team asked for, by slug. */
  readonly teams: ReadonlyMap<string, ReadonlySet<string>>;
  /** When the listing began, by the operator's wall clock: what it shows is at least as new. */
  readonly startedAt: number;
}
