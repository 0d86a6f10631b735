import { z } from "zod";
import { wordsOf } from "../values/vocabulary.ts";
import { apiVersion } from "./group.ts";
import { ObjectMeta } from "./metadata.ts";
import { blockedReasons, infrastructureReasons } from "./reasons.ts";

export const Group = z.enum(["untested", "failed", "succeeded"]);
export type Group = z.infer<typeof Group>;

/** What a build says about the pull request. Infrastructure failure is not among them: it is no verdict. */
export const verdictResults = {
  Success: "It builds, and its tests pass",
  Failure: "It does not compile, or a test fails",
  Conflict: "It cannot be merged into its base branch",
  TooBig: "It adds more than `maxGrowth`",
  Skipped: "It changes nothing that the check is about; GitHub shows success",
  DoctorError: "`aliBuild doctor` refuses it",
} as const;
export const VerdictResult = z.enum(wordsOf(verdictResults));
export type VerdictResult = z.infer<typeof VerdictResult>;

export const Commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, {
  error: (issue) => `expected a full commit hash, found ${JSON.stringify(issue.input)}`,
});

export const BuildSpec = z.object({
  pool: z.string().max(253).describe("Pool whose builders may build it"),
  check: z.string().max(200).describe("Check name"),
  repository: z.string().max(140).describe("Repository"),
  number: z.int().min(1).describe("Pull request"),
  commit: Commit.describe("Head commit"),
  base: z.string().describe("Base branch"),
  title: z.string().max(300).describe("Title"),
  author: z.string().max(100).describe("Author's login; `ghost` when the account is gone"),
  urgent: z.boolean().default(false).describe("Carries the label ci-priority"),
  waitingSince: z.iso
    .datetime()
    .describe(
      "Later of the pull request's creation and the commit's date, but no later than requestedAt; what untested ones are ordered by",
    ),
  group: Group.describe("untested, or what the last verdict was"),
  request: z.int().min(0).describe("Raised for every wanted build; claimable while above the last verdict's"),
  requestedAt: z.iso
    .datetime()
    .optional()
    .describe("When request was last raised, by the operator's clock; what patience counts from"),
  blocked: z
    .object({
      reason: z.enum(wordsOf(blockedReasons)).describe("Why it must not be built"),
      message: z.string().max(1024).describe("The same as a sentence, with what to do"),
    })
    .optional()
    .describe("Present when it must not be built"),
  silent: z
    .boolean()
    .optional()
    .describe("Pool or check is silent: what is found is remembered, and built anew for all to see once that ends"),
});
export type BuildSpec = z.infer<typeof BuildSpec>;

export const Claim = z.object({
  builder: z.string().describe("Builder that holds it"),
  incarnation: z.string().describe("Its incarnation"),
  attempt: z.int().describe("Attempt; grows with every claim of this Build"),
  request: z.int().describe("Request it answers"),
  commit: Commit.describe("Commit it builds"),
  since: z.iso.datetime().describe("When it was claimed, by the builder's clock, for people only"),
});
export type Claim = z.infer<typeof Claim>;

export const Verdict = z.object({
  commit: Commit.describe("Commit that was built"),
  request: z.int().describe("Request it answers"),
  attempt: z.int().describe("Attempt that gave it"),
  builder: z.string().describe("Builder that gave it"),
  result: VerdictResult.describe("Success, Failure, Conflict, TooBig, Skipped or DoctorError"),
  description: z.string().max(140).describe("Description of the commit status; empty for a plain success or failure"),
  silent: z.boolean().default(false).describe("Given by a silent builder: remembered, never published"),
  log: z
    .object({
      path: z.string().max(500).describe("Path in the log store"),
      url: z.string().max(700).describe("Address of the result page"),
      stored: z.boolean().describe("False while the log store is down and the bytes wait on the work volume"),
    })
    .optional()
    .describe("Its log and result page"),
  excerpt: z.string().max(16_384).optional().describe("The lines for the comment"),
  startedAt: z.iso.datetime().describe("When the build started"),
  finishedAt: z.iso.datetime().describe("When it ended"),
});
export type Verdict = z.infer<typeof Verdict>;

/** The last thing the reporter knows GitHub to have, for this Build's check. */
export const Reported = z.object({
  commit: Commit.describe("Commit the status is on"),
  request: z.int().describe("Request it is about"),
  state: z.enum(["pending", "success", "error"]).describe("State written"),
  description: z.string().max(140).describe("Description written"),
  url: z.string().max(700).describe("Link written; empty for none"),
  at: z.iso.datetime().describe("When GitHub acknowledged it"),
  writes: z.int().describe("Status writes on this commit so far; GitHub refuses more than 1000"),
  refused: z
    .string()
    .max(300)
    .optional()
    .describe("Why GitHub refused the last write for good, so that it is not tried again"),
  commented: z.string().max(64).optional().describe("Hash of the comment GitHub has for this commit"),
  cleared: z
    .boolean()
    .optional()
    .describe("GitHub showed the check as pending again after a verdict: somebody asked for a rebuild"),
});
export type Reported = z.infer<typeof Reported>;

export const Trouble = z.object({
  reason: z.enum(wordsOf(infrastructureReasons)).describe("What failed"),
  message: z.string().max(1024).describe("The same as a sentence"),
  builder: z.string().describe("Builder it happened on"),
  count: z.int().describe("Infrastructure failures in a row for this request"),
  request: z.int().optional().describe("Request it happened to; it says nothing about a later one"),
  at: z.iso.datetime().describe("When"),
  notBefore: z.iso.datetime().optional().describe("Not retried before"),
});
export type Trouble = z.infer<typeof Trouble>;

export const buildPhases = {
  Queued: "Waits for a builder, or for what blocks it",
  Claimed: "A builder has it to itself and prepares",
  Running: "It is merged, built and tested",
  Done: "It has a verdict; for a push or a recheck it is claimed from here",
} as const;

export const BuildStatus = z.object({
  phase: z.enum(wordsOf(buildPhases)).describe("Queued, Claimed, Running or Done"),
  attempt: z.int().describe("Highest attempt so far; never falls"),
  claim: Claim.optional().describe("Who builds it, while Claimed or Running"),
  step: z.string().max(64).optional().describe("Step of the running build"),
  verdict: Verdict.optional().describe("Last verdict"),
  history: z
    .array(Verdict.omit({ excerpt: true }))
    .max(5)
    .optional()
    .describe("The verdicts before it, newest first"),
  tree: z.string().optional().describe("Builder that last built it, whose tree is warm for it"),
  trouble: Trouble.optional().describe("Last infrastructure failure for the current request"),
  rechecks: z.int().optional().describe("Rechecks of the current commit so far"),
  reported: Reported.optional().describe("What GitHub has; written by the reporter"),
});
export type BuildStatus = z.infer<typeof BuildStatus>;

export const Build = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("Build"),
    metadata: ObjectMeta,
    spec: BuildSpec,
    status: BuildStatus.optional(),
  })
  .strict();
export type Build = z.infer<typeof Build>;
