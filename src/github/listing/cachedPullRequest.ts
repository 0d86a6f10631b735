import type { PullRequest } from "../../core/pullRequest/pullRequest.ts";
import type { CommitNode, PullRequestNode } from "../graphql/pullRequestNode.ts";

/** One open pull request in a listing cache. Immutable: a change replaces the whole object. */
export interface CachedPullRequest {
  /** GitHub's id. */
  readonly id: string;
  /** GitHub's id of the head commit. */
  readonly commitId: string;
  readonly isOpen: boolean;
  readonly base: string;
  /** GitHub's clock, in whole seconds. */
  readonly updatedAt: string;
  readonly pullRequest: PullRequest;
}

export function cachedPullRequestOf(node: PullRequestNode, head: CommitNode): CachedPullRequest {
  return {
    id: node.id,
    commitId: head.id,
    isOpen: node.state === "OPEN",
    base: node.baseRefName,
    updatedAt: node.updatedAt,
    pullRequest: {
      number: node.number,
      title: node.title,
      isDraft: node.isDraft,
      createdAt: node.createdAt,
      author: node.author?.login ?? "ghost",
      association: node.authorAssociation,
      labels: node.labels.nodes.map(({ name }) => name),
      approvals: node.reviews.nodes.map(({ commit, authorAssociation: association }) => ({
        commit: commit?.oid,
        association,
      })),
      head: { commit: head.oid, committedAt: head.committedDate, statuses: statusesOf(head) },
    },
  };
}

/** The same pull request with the current statuses of its head commit. */
export function withStatuses(cached: CachedPullRequest, head: CommitNode): CachedPullRequest {
  const { pullRequest } = cached;
  return { ...cached, pullRequest: { ...pullRequest, head: { ...pullRequest.head, statuses: statusesOf(head) } } };
}

function statusesOf({ status }: CommitNode): PullRequest["head"]["statuses"] {
  return (status?.contexts ?? []).map((entry) => ({ ...entry, description: entry.description ?? "" }));
}
