/** One open pull request from a listing, parsed and complete. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly isDraft: boolean;
  readonly createdAt: string;
  /** Login; `ghost` for a deleted account. The login of a bot ends with `[bot]`. */
  readonly author: string;
  /**
   * The author's association with the repository, such as OWNER, MEMBER or FIRST_TIME_CONTRIBUTOR, as in GitHub's API.
   */
  readonly association: string;
  readonly labels: readonly string[];
  /**
   * Reviewers whose latest opinion approves, each with the reviewed commit and the reviewer's association. A later
   * request for changes or a dismissal withdraws an approval. A comment is no opinion.
   */
  readonly approvals: readonly { readonly commit: string | undefined; readonly association: string }[];
  readonly head: {
    readonly commit: string;
    readonly committedAt: string;
    /** Legacy commit statuses, one per context. */
    readonly statuses: readonly CommitStatus[];
  };
}

/** One commit status on GitHub. */
export interface CommitStatus {
  readonly context: string;
  readonly state: "SUCCESS" | "FAILURE" | "ERROR" | "PENDING" | "EXPECTED";
  readonly description: string;
}

/** Origin of one commit status. */
export interface StatusOrigin {
  readonly context: string;
  /** Link of the status; empty for no link. */
  readonly url: string;
  /** Login of the writer; `ghost` for a deleted account. */
  readonly writer: string;
  /** GitHub's clock. */
  readonly createdAt: string;
}

/** A complete listing of one repository and base branch. A partial listing is an error and never reaches this type. */
export interface Listing {
  readonly repository: string;
  readonly branch: string;
  readonly pullRequests: readonly PullRequest[];
  /** Numbers of open pull requests that GitHub could not describe. Their Builds stay unchanged. */
  readonly unreadable: readonly number[];
  /** The logins of the members of each requested team, by team slug in lower case. */
  readonly teams: ReadonlyMap<string, ReadonlySet<string>>;
  /** The origins of the statuses, by head commit. Absent if GitHub does not say. */
  readonly origins?: ReadonlyMap<string, readonly StatusOrigin[]>;
  /** The start of the listing, by the operator's wall clock, in milliseconds. The content is at least as new. */
  readonly startedAt: number;
}
