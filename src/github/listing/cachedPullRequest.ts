import type { PullRequest, StatusOrigin } from "../../core/pullRequest/pullRequest.ts";
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
  /** Origins of the statuses of the head commit. */
  readonly origins: readonly StatusOrigin[];
}

export function cachedPullRequestOf(node: PullRequestNode, head: CommitNode): CachedPullRequest {
  return {
    id: node.id,
    commitId: head.id,
    isOpen: node.state === "OPEN",
    base: node.baseRefName,
    updatedAt: node.updatedAt,
    origins: originsOf(head),
    pullRequest: {
      number: node.number,
      title: node.title,
      isDraft: node.isDraft,
      createdAt: node.createdAt,
      author: authorOf(node),
      association: node.authorAssociation,
      labels: node.labels.nodes.map(({ name }) => name),
      approvals: node.reviews.nodes
        .filter(({ state }) => state === "APPROVED")
        .map(({ commit, authorAssociation: association }) => ({ commit: commit?.oid, association })),
      head: { commit: head.oid, committedAt: head.committedDate, statuses: statusesOf(head) },
    },
  };
}

/** GraphQL names a bot without the suffix. A person may have the same login, so the suffix is kept apart here. */
function authorOf({ author }: PullRequestNode): string {
  if (author === null) return "ghost";
  return author.__typename === "Bot" ? `${author.login}[bot]` : author.login;
}

/** The same pull request with the current statuses of its head commit. */
export function withStatuses(cached: CachedPullRequest, head: CommitNode): CachedPullRequest {
  const { pullRequest } = cached;
  return {
    ...cached,
    origins: originsOf(head),
    pullRequest: { ...pullRequest, head: { ...pullRequest.head, statuses: statusesOf(head) } },
  };
}

function statusesOf({ status }: CommitNode): PullRequest["head"]["statuses"] {
  return (status?.contexts ?? []).map(({ context, state, description }) => ({
    context,
    state,
    description: description ?? "",
  }));
}

function originsOf({ status }: CommitNode): readonly StatusOrigin[] {
  return (status?.contexts ?? []).flatMap(({ context, targetUrl, createdAt, creator }) =>
    createdAt == null ? [] : [{ context, url: targetUrl ?? "", writer: creator?.login ?? "ghost", createdAt }],
  );
}
