import { z } from "zod";

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
