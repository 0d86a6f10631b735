import { z } from "zod";
import { Commit, MergedSource, VerdictResult } from "../objects/build.ts";

const text = (max: number) => z.string().max(max);

/**
 * The file `result.json` beside the result page of a build, for scripts. Fields may be added. A field that changes its
 * meaning, or disappears, raises `version`.
 */
export const BuildResult = z.object({
  version: z.literal(1).describe("Version of this format."),
  pool: text(253).describe("Pool that built the pull request."),
  check: text(200).describe("Check name."),
  repository: text(140).describe("Repository, `owner/name`."),
  number: z.int().describe("Number of the pull request."),
  title: text(300).describe("Title of the pull request."),
  author: text(100).describe("Login of the author."),
  commit: Commit.describe("Head commit of the pull request."),
  branch: z.string().describe("Base branch."),
  baseCommit: Commit.optional().describe(
    "Commit of the base branch that the pull request was merged into. Absent for a check of aliBuild itself.",
  ),
  mergeBase: text(64).optional().describe("Last common commit of the pull request and the base branch."),
  mergeCommit: text(64)
    .optional()
    .describe(
      "Commit that was built: the merge of `commit` and `baseCommit`, or one of them if it contains the other.",
    ),
  developmentPackages: z
    .array(MergedSource)
    .describe("All repositories in the work area with the commits of their branches, before the merge."),
  olderBase: z
    .array(MergedSource)
    .describe("Repositories whose branch was known to be ahead at the end of the build, with the newer commits."),
  package: text(200).describe("aliBuild package of the check."),
  defaults: text(200).describe("aliBuild defaults profile."),
  alibuild: text(200).describe("Version of aliBuild."),
  builder: text(253).describe("Builder that gave the result."),
  host: text(253).describe("Host of the builder."),
  revision: text(100).describe("Revision of the builder."),
  attempt: z.int().describe("Attempt that gave the result."),
  silent: z.boolean().describe("Whether the verdict stays unpublished."),
  startedAt: z.iso.datetime().describe("Start of the build."),
  finishedAt: z.iso.datetime().describe("End of the build."),
  result: VerdictResult.describe("Result of the build."),
  description: text(140).describe("Description of the commit status. Empty for a plain success."),
  firstError: text(140).optional().describe("First failed test or error in the logs."),
  links: z
    .object({
      pullRequest: z.string().describe("Page of the pull request."),
      page: z.string().describe("Result page."),
      log: z.string().optional().describe("Full log. Absent if the build wrote none."),
    })
    .describe("Addresses for people."),
});
export type BuildResult = z.infer<typeof BuildResult>;
