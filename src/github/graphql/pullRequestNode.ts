import { z } from "zod";
import type { PullRequest } from "../../core/pullRequest/pullRequest.ts";

/** What is remembered of one open pull request, replaced whole when it changes. */
export interface CachedPullRequest {
  /** GitHub's id. */
  readonly id: string;
  /** GitHub's id of the head commit. */
  readonly commitId: string;
  readonly isOpen: boolean;
  readonly base: string;
  /** GitHub's clock, to the second. */
  readonly updatedAt: string;
  readonly pullRequest: PullRequest;
}

export const commitFields = `fragment CommitFields on Commit {
  id oid committedDate
  status { contexts { context state description } }
}`;

export const pullRequestFields = `fragment PullRequestFields on PullRequest {
  id number title state isDraft baseRefName headRefOid createdAt updatedAt authorAssociation
  author { login }
  labels(first: 50) { nodes { name } pageInfo { hasNextPage endCursor } }
  reviews(first: 50, states: APPROVED) { nodes { authorAssociation commit { oid } } pageInfo { hasNextPage endCursor } }
  commits(last: 1) { nodes { commit { ...CommitFields } } }
}
${commitFields}`;

export const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });
const noMore = { hasNextPage: false, endCursor: null };

export const Labels = z.object({ nodes: z.array(z.object({ name: z.string() })), pageInfo: PageInfo });
export const Reviews = z.object({
  nodes: z.array(z.object({ authorAssociation: z.string(), commit: z.object({ oid: z.string() }).nullable() })),
  pageInfo: PageInfo,
});

export const CommitNode = z.object({
  id: z.string(),
  oid: z.string(),
  committedDate: z.string(),
  status: z
    .object({
      contexts: z.array(
        z.object({
          context: z.string(),
          state: z.enum(["SUCCESS", "FAILURE", "ERROR", "PENDING", "EXPECTED"]),
          description: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
});
export type CommitNode = z.infer<typeof CommitNode>;

export const PullRequestNode = z.object({
  id: z.string(),
  number: z.int(),
  title: z.string(),
  state: z.enum(["OPEN", "CLOSED", "MERGED"]),
  isDraft: z.boolean(),
  baseRefName: z.string(),
  headRefOid: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  authorAssociation: z.string(),
  author: z.object({ login: z.string() }).nullable(),
  labels: Labels.nullable().transform((labels) => labels ?? { nodes: [], pageInfo: noMore }),
  reviews: Reviews.nullable().transform((reviews) => reviews ?? { nodes: [], pageInfo: noMore }),
  commits: z.object({ nodes: z.array(z.object({ commit: CommitNode })) }),
});
export type PullRequestNode = z.infer<typeof PullRequestNode>;

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

/** The same cached with the statuses its head commit has by now. */
export function withStatuses(cached: CachedPullRequest, head: CommitNode): CachedPullRequest {
  const { pullRequest } = cached;
  return { ...cached, pullRequest: { ...pullRequest, head: { ...pullRequest.head, statuses: statusesOf(head) } } };
}

function statusesOf({ status }: CommitNode): PullRequest["head"]["statuses"] {
  return (status?.contexts ?? []).map((entry) => ({ ...entry, description: entry.description ?? "" }));
}
