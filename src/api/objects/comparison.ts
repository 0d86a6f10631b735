import { z } from "zod";

/** One commit with different results. */
export const Disagreement = z.object({
  check: z.string().max(200).describe("Check name."),
  repository: z.string().max(140).describe("Repository, `owner/name`."),
  number: z.int().describe("Number of the pull request."),
  commit: z.string().max(64).describe("Head commit."),
  result: z.string().max(64).describe("Result of this pool."),
  url: z.string().max(700).describe("Result page of this pool."),
  otherResult: z.string().max(64).describe("Result of the other side."),
  otherUrl: z.string().max(700).describe("Link of the other side."),
});
export type Disagreement = z.infer<typeof Disagreement>;

/** Verdicts of a pool beside those of another pool or program. */
export const ComparisonSummary = z.object({
  with: z
    .string()
    .max(253)
    .describe("The loud pool. `github`: statuses that another program published under the same check names."),
  revision: z.string().max(100).optional().describe("Revision of the builders that gave this pool's verdicts."),
  compared: z.int().describe("Compared commits."),
  agreements: z.int().describe("Commits that are green on both sides, or red on both sides."),
  disagreements: z.int().describe("Commits that are green on one side and red on the other side."),
  durationRatio: z
    .string()
    .max(20)
    .optional()
    .describe("Total duration here, divided by the total duration there. Counts commits that both sides built."),
  different: z
    .array(Disagreement)
    .max(10)
    .optional()
    .describe("Disagreements, at most ten. `builderpool compare` shows all."),
});
