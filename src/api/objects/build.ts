import { z } from "zod";
import { wordsOf } from "../values/vocabulary.ts";
import { apiVersion } from "./group.ts";
import { ObjectMeta } from "./metadata.ts";
import { blockedReasons, infrastructureReasons } from "./reasons.ts";

/** Queue group of a build: untested, or the result of the last verdict. */
export const Group = z.enum(["untested", "failed", "succeeded"]);
export type Group = z.infer<typeof Group>;

/** Results of a verdict about a pull request, with their meaning. An infrastructure failure is not a verdict. */
export const verdictResults = {
  Success: "The pull request builds, and its tests pass.",
  Failure:
    "The pull request does not compile, a test fails, or its build broke three healthy builders in the same way (`cause`).",
  Conflict: "The pull request cannot be merged into its base branch.",
  TooBig: "The pull request adds more than `maxGrowth` or `maxFiles`.",
  Skipped: "The pull request changes no file that the check covers. GitHub shows success.",
  DoctorError: "`aliBuild doctor` refuses the pull request.",
} as const;
/** Result of a verdict. */
export const VerdictResult = z.enum(wordsOf(verdictResults));
export type VerdictResult = z.infer<typeof VerdictResult>;

/** A full commit hash: 40 hexadecimal digits, or 64 for SHA-256 repositories. */
export const Commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, {
  error: (issue) => `expected a full commit hash, found ${JSON.stringify(issue.input)}`,
});

/** A status of a check on GitHub that this installation did not write. */
export const OtherStatus = z.object({
  commit: Commit.describe("Commit that has the status."),
  state: z.enum(["pending", "success", "error"]).describe("State of the status. `failure` counts as `error`."),
  description: z.string().max(140).describe("Description of the status."),
  url: z.string().max(700).describe("Link of the status. Empty when there is no link."),
  writer: z.string().max(100).describe("Login of the account that wrote the status."),
  at: z.iso.datetime().describe("Time of the status, by GitHub's clock."),
});
export type OtherStatus = z.infer<typeof OtherStatus>;

/** The loud Build that a shadow repeats, and the builders that repeat it. */
export const Shadow = z.object({
  of: z.string().max(253).describe("Name of the Build that the shadow repeats."),
  pool: z.string().max(253).describe("Pool of that Build. In the same pool, only silent builders build the shadow."),
  revision: z
    .string()
    .max(100)
    .optional()
    .describe("Revision of the builders that may build the shadow. Absent until a loud builder has begun the commit."),
});
export type Shadow = z.infer<typeof Shadow>;

/** Wanted state of a build, written by the operator. */
export const BuildSpec = z.object({
  pool: z.string().max(253).describe("Pool that builds the pull request."),
  check: z.string().max(200).describe("Check name."),
  repository: z.string().max(140).describe("Repository, `owner/name`."),
  number: z.int().min(1).describe("Number of the pull request."),
  commit: Commit.describe("Head commit of the pull request."),
  base: z.string().describe("Base branch."),
  title: z.string().max(300).describe("Title of the pull request."),
  author: z.string().max(100).describe("Login of the author; `ghost` when the account is deleted."),
  urgent: z.boolean().default(false).describe("Whether the pull request has the label ci-priority."),
  waitingSince: z.iso
    .datetime()
    .describe(
      "Later of the pull request's creation and the commit date, but not later than requestedAt. Untested pull requests are built in this order.",
    ),
  group: Group.describe("`untested`, or the result of the last verdict."),
  request: z
    .int()
    .min(0)
    .describe("Number of the wanted build. Builders may claim it while the last verdict answers a lower number."),
  requestedAt: z.iso
    .datetime()
    .optional()
    .describe("Time of the last new request, by the operator's clock. `patience` starts here."),
  answered: z
    .int()
    .optional()
    .describe(
      "Request that needs no build any more, because another pool or system published a verdict on the commit.",
    ),
  blocked: z
    .object({
      reason: z.enum(wordsOf(blockedReasons)).describe("Reason why the pull request must not be built."),
      message: z.string().max(1024).describe("The reason as a sentence, with the next step."),
    })
    .optional()
    .describe("Present when the pull request must not be built."),
  opinion: z
    .object({
      kind: z
        .enum(["Second", "Withdrawn"])
        .describe("Second: another builder checks a red verdict. Withdrawn: the red verdict does not count."),
      of: z.string().max(253).describe("Builder that gave the red verdict."),
      attempt: z.int().describe("Attempt that gave the red verdict."),
    })
    .optional()
    .describe("Present while a red verdict of a builder with three red verdicts in a row is built again."),
  confirm: z
    .object({
      revision: z.string().max(100).describe("Revision of the canary."),
      attempt: z.int().describe("Attempt that gave the loud verdict. A later loud verdict confirms it, or not."),
    })
    .optional()
    .describe("Present while a canary disagrees with the loud verdict, which is then built once more."),
  silent: z
    .boolean()
    .optional()
    .describe(
      "Whether the pool or the check is silent. Silent verdicts are stored, not published. The pull request is built again when silence ends.",
    ),
  otherStatus: OtherStatus.optional().describe(
    "Last status of the check on this commit by another writer: another installation or another program. Remembered for an hour after our own status replaces it.",
  ),
  shadow: Shadow.optional().describe(
    "Present on a shadow: a build that silent builders repeat for comparison. A shadow publishes nothing.",
  ),
});
export type BuildSpec = z.infer<typeof BuildSpec>;

/** The exclusive right of one builder to build one request. */
export const Claim = z.object({
  builder: z.string().max(253).describe("Builder that holds the claim."),
  incarnation: z.string().max(100).describe("Incarnation of the builder."),
  attempt: z.int().describe("Attempt. Grows with every claim of this Build."),
  request: z.int().describe("Request that this claim answers."),
  commit: Commit.describe("Commit that is built."),
  since: z.iso.datetime().describe("Time of the claim, by the builder's clock. For display only."),
});
export type Claim = z.infer<typeof Claim>;

/** A repository in the work area of a build, with the commit of its branch. */
export const MergedSource = z.object({
  repository: z.string().max(140).describe("Repository, `owner/name`."),
  directory: z.string().max(200).describe("Directory in the work area."),
  commit: Commit.describe("Commit of the branch at the start of the build, before the merge."),
});
export type MergedSource = z.infer<typeof MergedSource>;

/** Result of one attempt about the pull request. */
export const Verdict = z.object({
  commit: Commit.describe("Commit that was built."),
  request: z.int().describe("Request that this verdict answers."),
  attempt: z.int().describe("Attempt that produced the verdict."),
  builder: z.string().max(253).describe("Builder that produced the verdict."),
  generation: z
    .int()
    .optional()
    .describe(
      "Number of times that the builder had thrown its trees away. A verdict on other trees is another opinion.",
    ),
  revision: z.string().max(100).optional().describe("Revision of that builder."),
  result: VerdictResult.describe("Result of the build."),
  description: z
    .string()
    .max(140)
    .describe(
      "Description of the commit status. For a failure, its first failed test or error. Empty for a plain success.",
    ),
  cause: z
    .enum(wordsOf(infrastructureReasons))
    .optional()
    .describe(
      "Infrastructure failure that stayed the same on three healthy builders, and therefore counts as the pull request's own. No recheck follows unless a person asks.",
    ),
  silent: z.boolean().default(false).describe("Whether a silent builder produced the verdict. It is never published."),
  log: z
    .object({
      path: z.string().max(500).describe("Path in the log store."),
      url: z.string().max(700).describe("Address of the result page."),
      stored: z.boolean().describe("Whether the log store has the log. While false, the log is on the work volume."),
    })
    .optional()
    .describe("Log and result page of the build."),
  sources: z
    .array(MergedSource)
    .max(50)
    .optional()
    .describe("Commits that the pull request was merged and built with. Earlier verdicts do not keep them."),
  excerpt: z.string().max(16_384).optional().describe("Log lines for the comment on the pull request."),
  startedAt: z.iso.datetime().describe("Start of the build."),
  finishedAt: z.iso.datetime().describe("End of the build."),
});
export type Verdict = z.infer<typeof Verdict>;

/** The last commit status and comment of this check that GitHub acknowledged. */
export const Reported = z.object({
  commit: Commit.describe("Commit that has the status."),
  request: z.int().describe("Request that the status is about."),
  state: z.enum(["pending", "success", "error"]).describe("State of the status."),
  description: z.string().max(140).describe("Description of the status."),
  url: z.string().max(700).describe("Link of the status. Empty when there is no link."),
  at: z.iso.datetime().describe("Time when GitHub acknowledged the status."),
  writes: z.int().describe("Status writes on this commit so far. GitHub refuses more than 1000."),
  refused: z
    .string()
    .max(300)
    .optional()
    .describe("Reason why GitHub permanently refused the last write. The reporter does not retry it."),
  commented: z.string().max(64).optional().describe("Hash of the comment that GitHub has for this commit."),
  cleared: z
    .boolean()
    .optional()
    .describe("Whether GitHub showed the check as pending again after a verdict. A person asked for a rebuild."),
});
export type Reported = z.infer<typeof Reported>;

/** A builder on which a build failed in a way that the build can cause. */
export const BrokenBuilder = z.object({
  builder: z.string().max(253).describe("Name of the builder."),
  request: z.int().describe("Request that failed there."),
  reason: z.enum(wordsOf(infrastructureReasons)).describe("Reason of the last failure there."),
  times: z.int().describe("Failures there."),
  counted: z
    .int()
    .describe("Failures there that count for a verdict. Each needs proof that the builder worked before."),
  at: z.iso.datetime().describe("Time of the last failure there."),
  lastVerdict: z.iso
    .datetime()
    .optional()
    .describe("Time of the builder's last verdict before the failure. A different time proves a later verdict."),
});
export type BrokenBuilder = z.infer<typeof BrokenBuilder>;

/** The last infrastructure failure of a request. */
export const Trouble = z.object({
  reason: z.enum(wordsOf(infrastructureReasons)).describe("Reason of the failure."),
  message: z.string().max(1024).describe("The failure as a sentence."),
  builder: z.string().max(253).describe("Builder where the failure happened."),
  count: z.int().describe("Infrastructure failures in a row for this request."),
  request: z.int().optional().describe("Request that failed. The failure does not count for a later request."),
  at: z.iso.datetime().describe("Time of the failure."),
  notBefore: z.iso.datetime().optional().describe("Earliest time of the next attempt."),
  brokenBuilders: z
    .array(BrokenBuilder)
    .max(3)
    .optional()
    .describe(
      "Builders on which the pull request failed in a way that its build can cause, the last one at the end. Another builder waits until they have built something else, at most 30 minutes.",
    ),
});
export type Trouble = z.infer<typeof Trouble>;

/** Phases of a build, with their meaning. */
export const buildPhases = {
  Queued: "The build waits for a builder, or is blocked.",
  Claimed: "One builder has claimed the build and prepares it.",
  Running: "The builder merges, builds and tests the pull request.",
  Done: "The build has a verdict. A push or a recheck makes it claimable again.",
} as const;

/** Observed state of a build. Builders write claims and verdicts. The reporter writes `reported`. */
export const BuildStatus = z.object({
  phase: z.enum(wordsOf(buildPhases)).describe("Phase of the build."),
  attempt: z.int().describe("Highest attempt so far. Never falls."),
  claim: Claim.optional().describe("Current claim, while Claimed or Running."),
  step: z.string().max(64).optional().describe("Step of the running build."),
  verdict: Verdict.optional().describe("Last verdict."),
  history: z
    .array(Verdict.omit({ excerpt: true, sources: true }))
    .max(5)
    .optional()
    .describe("Earlier verdicts, newest first."),
  tree: z.string().max(253).optional().describe("Builder that built the pull request last. It has the warm tree."),
  olderTrees: z
    .array(z.string().max(253))
    .max(3)
    .optional()
    .describe("Builders that built the pull request before, and can have an older build tree. Newest first."),
  lastTurn: z.iso
    .datetime()
    .optional()
    .describe("Time of the last claim of an untested build, by the builder's clock. `fairness` counts it as a turn."),
  trouble: Trouble.optional().describe(
    "Last infrastructure failure of the current request. Stays beside a verdict with a `cause`. After a push only `brokenBuilders` count.",
  ),
  rechecks: z.int().optional().describe("Rechecks of the current commit so far."),
  reported: Reported.optional().describe("Status and comment on GitHub. Written by the reporter."),
});
export type BuildStatus = z.infer<typeof BuildStatus>;

/** Status of a Build without a written status: it waits, and no attempt was made. */
export const firstStatus: BuildStatus = { phase: "Queued", attempt: 0 };

/** One check of one open pull request: queue entry, claim, verdicts and published status. */
export const Build = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("Build"),
    metadata: ObjectMeta,
    spec: BuildSpec,
    status: BuildStatus.optional().meta({ default: firstStatus }),
  })
  .strict();
export type Build = z.infer<typeof Build>;
