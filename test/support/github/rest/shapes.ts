import { nodeId } from "../nodeId.ts";
import {
  type CommentRecord,
  type Commit,
  fullName,
  headOf,
  type PullRequestRecord,
  type RepositoryRecord,
  type ReviewRecord,
  type StatusRecord,
} from "../records.ts";

/** The JSON of GitHub's REST interface: the fields that we may read, as GitHub names them. */

export function repositoryShape(repository: RepositoryRecord) {
  return {
    id: 1 + hash(fullName(repository)),
    name: repository.name,
    full_name: fullName(repository),
    private: false,
    owner: user(repository.owner),
    default_branch: repository.defaultBranch,
    open_issues_count: Object.values(repository.pulls).filter(({ state }) => state === "OPEN").length,
  };
}

export function pullShape(repository: RepositoryRecord, pull: PullRequestRecord) {
  const repo = repositoryShape(repository);
  return {
    node_id: nodeId("PR", `${fullName(repository)}#${pull.number}`),
    number: pull.number,
    state: pull.state === "OPEN" ? "open" : "closed",
    locked: false,
    title: pull.title,
    user: user(pull.author ?? "ghost"),
    labels: pull.labels.map((name) => ({ id: hash(name), name, color: "ededed", default: false })),
    draft: pull.isDraft,
    author_association: pull.association,
    created_at: iso(pull.createdAt),
    updated_at: iso(pull.updatedAt),
    closed_at: isoOrNull(pull.closedAt),
    merged_at: pull.state === "MERGED" ? isoOrNull(pull.closedAt) : null,
    // GitHub deletes the fork with the account.
    head: { ref: pull.headBranch, sha: headOf(pull).oid, repo: pull.author === null ? null : repo },
    base: { ref: pull.base, sha: repository.branches[pull.base]?.oid ?? "", repo },
  };
}

export function commitShape(commit: Commit) {
  const person = { name: commit.author, email: `${commit.author}@example.org`, date: iso(commit.committedAt) };
  return { sha: commit.oid, commit: { message: commit.message, author: person, committer: person } };
}

export function statusShape(status: StatusRecord) {
  return {
    id: status.id,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: iso(status.createdAt),
    updated_at: iso(status.createdAt),
    creator: user(status.creator),
  };
}

export function commentShape(comment: CommentRecord) {
  return {
    id: comment.id,
    body: comment.body,
    user: user(comment.author),
    created_at: iso(comment.createdAt),
    updated_at: iso(comment.updatedAt),
  };
}

export function reviewShape(review: ReviewRecord) {
  return {
    id: review.id,
    user: review.author === null ? null : user(review.author),
    state: review.state,
    commit_id: review.commit,
    submitted_at: iso(review.submittedAt),
  };
}

export function user(login: string) {
  return { login, id: hash(login), type: login.endsWith("[bot]") ? "Bot" : "User" };
}

export function iso(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : iso(instant);
}

function hash(text: string): number {
  let value = 7;
  for (const character of text) value = (value * 31 + character.charCodeAt(0)) % 1_000_000_007;
  return value;
}
