import { z } from "zod";
import { associations } from "./records.ts";

/** Changes of the stand-in's state, available to tests, the demo and the control address. */

const repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/);
const number = z.int().min(1);
const files = z.record(z.string(), z.string().nullable());
const instant = z.number().describe("Milliseconds; now when absent");

export const NewRepository = z
  .object({
    repository,
    branch: z.string().default("master"),
    files: files
      .optional()
      .describe("First commit; without files the repository has no git side, and commits are ids only"),
    at: instant.optional(),
  })
  .strict();

export const NewPullRequest = z
  .object({
    repository,
    title: z.string().default("Change something"),
    files: files.default({}),
    base: z.string().optional().describe("The default branch when absent"),
    from: z.string().optional().describe("First commit of the branch; the tip of the base when absent"),
    author: z.string().nullable().default("ada").describe("Null for a deleted account"),
    association: z.enum(associations).default("MEMBER"),
    draft: z.boolean().default(false),
    labels: z.array(z.string()).default([]),
    number: number.optional(),
    createdAt: instant.optional(),
    committedAt: instant.optional(),
  })
  .strict();

export const Push = z
  .object({
    repository,
    number,
    files: files.default({}),
    message: z.string().default("Change it again"),
    force: z
      .boolean()
      .default(false)
      .describe("Replace the pull request's commits by one commit on the tip of its base"),
    at: instant.optional(),
  })
  .strict();

export const BranchPush = z
  .object({
    repository,
    branch: z.string().optional().describe("The default branch when absent"),
    files: files.default({}),
    message: z.string().default("Move on"),
    at: instant.optional(),
  })
  .strict();

export const PullRequestName = z.object({ repository, number }).strict();

export const Edit = PullRequestName.extend({
  title: z.string().optional(),
  draft: z.boolean().optional(),
  addLabels: z.array(z.string()).default([]),
  removeLabels: z.array(z.string()).default([]),
});

export const NewReview = PullRequestName.extend({
  author: z.string().nullable().default("rita"),
  state: z.enum(["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]).default("APPROVED"),
  commit: z.string().optional().describe("The head when absent"),
  association: z.enum(associations).optional(),
});

export const NewAssociation = z.object({ repository, login: z.string(), association: z.enum(associations) }).strict();

export const NewComment = PullRequestName.extend({
  author: z.string().default("rita"),
  body: z.string(),
});

export const NewStatus = z
  .object({
    repository,
    commit: z.string(),
    context: z.string().default("default"),
    state: z.enum(["pending", "success", "error", "failure"]),
    description: z.string().nullable().default(null),
    targetUrl: z.string().nullable().default(null),
    creator: z.string().default("rita"),
  })
  .strict();

export const NewTeam = z.object({ organization: z.string(), team: z.string(), members: z.array(z.string()) }).strict();
