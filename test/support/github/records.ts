/** GitHub's stored data. Plain data only, so that `JSON.stringify` makes a snapshot. Times are in milliseconds. */

export interface Commit {
  readonly oid: string;
  readonly message: string;
  readonly author: string;
  readonly committedAt: number;
}

export type StatusState = "pending" | "success" | "error" | "failure";

export interface StatusRecord {
  readonly id: number;
  readonly context: string;
  readonly state: StatusState;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: number;
}

export interface CommentRecord {
  readonly id: number;
  readonly author: string;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
}

export interface ReviewRecord {
  readonly id: number;
  /** Null when the account was deleted. */
  readonly author: string | null;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly commit: string;
  /** Association of the reviewer; MEMBER when absent. */
  association?: Association | undefined;
  readonly submittedAt: number;
}

export interface PullRequestRecord {
  readonly number: number;
  readonly base: string;
  readonly headBranch: string;
  /** Null when the account was deleted. */
  readonly author: string | null;
  association: Association;
  readonly createdAt: number;
  title: string;
  isDraft: boolean;
  state: "OPEN" | "CLOSED" | "MERGED";
  labels: string[];
  /** Commits on top of the base branch, oldest first. The last commit is the head. */
  commits: Commit[];
  reviews: ReviewRecord[];
  comments: CommentRecord[];
  updatedAt: number;
  closedAt: number | null;
}

export const associations = [
  "OWNER",
  "MEMBER",
  "COLLABORATOR",
  "CONTRIBUTOR",
  "FIRST_TIME_CONTRIBUTOR",
  "FIRST_TIMER",
  "MANNEQUIN",
  "NONE",
] as const;
export type Association = (typeof associations)[number];

export interface RepositoryRecord {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  /** Bare repository on disk. Absent for a repository without files: its commits are ids only. */
  readonly directory?: string;
  /** The tip commit by branch name. */
  branches: Record<string, Commit>;
  /** By number. */
  pulls: Record<string, PullRequestRecord>;
  /** All known commits, including commits from before a force push. */
  commits: Record<string, Commit>;
  /** By commit, newest first. */
  statuses: Record<string, StatusRecord[]>;
  /** Highest number given to a pull request. The commit of a new pull request takes a while. */
  lastNumber?: number;
}

/** One applied write, by any sender. */
export type Write =
  | ({ readonly what: "status"; readonly at: number; readonly repository: string; readonly commit: string } & Pick<
      StatusRecord,
      "context" | "state" | "description" | "targetUrl" | "creator"
    >)
  | {
      readonly what: "comment" | "edit";
      readonly at: number;
      readonly repository: string;
      readonly number: number;
      readonly id: number;
      readonly author: string;
      readonly body: string;
    };

export interface Records {
  lastId: number;
  /** By `owner/name`. */
  repositories: Record<string, RepositoryRecord>;
  /** Organisation, team slug, logins. */
  teams: Record<string, Record<string, string[]>>;
  /** Applied writes in order, the oldest dropped after 10,000. */
  writes: Write[];
}

export function fullName(repository: Pick<RepositoryRecord, "owner" | "name">): string {
  return `${repository.owner}/${repository.name}`;
}

/** Changes the rights of an account, as on GitHub: no pull request counts as updated. */
export function setAssociation(repository: RepositoryRecord, login: string, association: Association): void {
  for (const pull of Object.values(repository.pulls)) {
    for (const one of [pull, ...pull.reviews]) if (one.author === login) one.association = association;
  }
}

export function headOf(pull: PullRequestRecord): Commit {
  const head = pull.commits.at(-1);
  if (head === undefined) throw new Error(`pull request #${pull.number} has no commit`);
  return head;
}

/** The tip of a branch. Throws for an unknown branch. */
export function branchTip(repository: RepositoryRecord, branch: string): Commit {
  const tip = repository.branches[branch];
  if (tip === undefined) throw new Error(`${fullName(repository)} has no branch ${branch}`);
  return tip;
}

/** The newest status of each context, as GitHub shows on the pull request. */
export function currentStatuses(repository: RepositoryRecord, commit: string): StatusRecord[] {
  const byContext = new Map<string, StatusRecord>();
  for (const status of repository.statuses[commit] ?? []) {
    const context = status.context.toLowerCase();
    if (!byContext.has(context)) byContext.set(context, status);
  }
  return [...byContext.values()];
}

/** GitHub's roll-up of the statuses of one commit. */
export function combinedState(statuses: readonly StatusRecord[]): "pending" | "success" | "failure" {
  if (statuses.some(({ state }) => state === "error" || state === "failure")) return "failure";
  return statuses.length > 0 && statuses.every(({ state }) => state === "success") ? "success" : "pending";
}
