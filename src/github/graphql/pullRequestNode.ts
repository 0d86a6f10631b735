import { z } from "zod";

export const commitFields = `fragment CommitFields on Commit {
  id oid committedDate
  status { contexts { context state description targetUrl createdAt creator { login } } }
}`;

/** The latest opinion of each reviewer: an approval, a request for changes, or a dismissed one of both. */
export const reviewFields = `fragment ReviewFields on PullRequestReviewConnection {
  nodes { state authorAssociation commit { oid } }
  pageInfo { hasNextPage endCursor }
}`;

export const pullRequestFields = `fragment PullRequestFields on PullRequest {
  id number title state isDraft baseRefName headRefOid createdAt updatedAt authorAssociation
  author { __typename login }
  labels(first: 50) { nodes { name } pageInfo { hasNextPage endCursor } }
  reviews: latestOpinionatedReviews(first: 50) { ...ReviewFields }
  commits(last: 1) { nodes { commit { ...CommitFields } } }
}
${commitFields}
${reviewFields}`;

export const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });
export const noMore = { hasNextPage: false, endCursor: null };

export const Labels = z.object({ nodes: z.array(z.object({ name: z.string() })), pageInfo: PageInfo });
export const Reviews = z.object({
  nodes: z.array(
    z.object({
      state: z.string(),
      authorAssociation: z.string(),
      commit: z.object({ oid: z.string() }).nullable(),
    }),
  ),
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
          targetUrl: z.string().nullish(),
          createdAt: z.string().nullish(),
          creator: z.object({ login: z.string() }).nullish(),
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
  author: z.object({ __typename: z.string().optional(), login: z.string() }).nullable(),
  labels: Labels.nullable().transform((labels) => labels ?? { nodes: [], pageInfo: noMore }),
  reviews: Reviews.nullable().transform((reviews) => reviews ?? { nodes: [], pageInfo: noMore }),
  commits: z.object({ nodes: z.array(z.object({ commit: CommitNode })) }),
});
export type PullRequestNode = z.infer<typeof PullRequestNode>;
