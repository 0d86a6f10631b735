import { z } from "zod";
import { VerdictResult } from "../objects/build.ts";
import { infrastructureReasons } from "../objects/reasons.ts";
import { wordsOf } from "../values/vocabulary.ts";

/** Steps of an order, in order of execution. */
export const cellSteps = [
  "prepare",
  "tool",
  "selftest",
  "checkout",
  "merge",
  "doctor",
  "build",
  "logs",
  "clean",
] as const;
/** Step of an order. */
export type CellStep = (typeof cellSteps)[number];

const text = (max: number) => z.string().max(max);

/** Class of log lines. Each class has one section on the result page. */
export const FindingClass = z.enum([
  "fetch",
  "killed",
  "cmake",
  "codecheck",
  "physicscheck",
  "unittest",
  "systemtest",
  "xjalienfs",
  "error",
  "warning",
]);
export type FindingClass = z.infer<typeof FindingClass>;

/** Result of one scan of all logs. Every list and text has a maximum size. */
export const Findings = z.object({
  sections: z
    .array(
      z.object({
        class: FindingClass,
        lines: z
          .array(text(2000))
          .max(2000)
          .describe("Lines as shown: `## file` headers, context, `--` between blocks."),
        omitted: z.int().describe("Number of matching lines beyond the limit."),
      }),
    )
    .max(20),
  preview: z.array(text(2000)).max(60).describe("Excerpt for the comment, at most 50 lines."),
});
export type Findings = z.infer<typeof Findings>;

/**
 * Outcome of an order. `Verdict` is about the pull request. `Infrastructure` is a failure of the builder or its
 * services.
 */
export const Outcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("Verdict"),
    result: VerdictResult,
    description: text(140),
    mergeBase: text(64).optional(),
    mergeCommit: text(64).optional().describe("Commit that was built."),
    conflicts: z.array(text(300)).max(50).optional().describe("Names of the files with conflicts, for `Conflict`."),
    missing: text(300)
      .optional()
      .describe("For `Failure`: a sentence about files of the pull request that the checkout lacks."),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional().describe("Commands of the build, for the result page."),
  }),
  z.object({
    kind: z.literal("Infrastructure"),
    reason: z.enum(wordsOf(infrastructureReasons)),
    message: text(1024),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional(),
  }),
  /** Success of `warmup`, `selftest` or `clean`. A warm-up also succeeds when the base branch does not compile. */
  z.object({
    kind: z.literal("Done"),
    message: text(1024),
    compiled: z.boolean().optional().describe("Whether the base branch compiled, for `warmup`."),
    reason: z
      .enum(["BaseBroken", "NothingBuilt"])
      .optional()
      .describe("Reason why the check can test no pull request, for `warmup`."),
    freed: z.int().optional().describe("Freed bytes, for `clean`."),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;

/**
 * Event from a cell to its builder: one JSON line on file descriptor 3. The descriptor is a pipe on one machine and a
 * socket in a pod. The output of the running build goes to the standard output of the cell instead. The last event is
 * always `outcome`.
 */
export const CellEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("step"), step: z.enum(cellSteps), message: text(300).optional() }),
  z.object({ event: z.literal("progress"), message: text(300) }),
  z.object({
    event: z.literal("logFile"),
    path: text(500),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    bytes: z.int().describe("Size of the whole file."),
  }),
  z.object({ event: z.literal("logText"), text: text(262_144) }).describe("Next part of the last logFile."),
  z.object({ event: z.literal("outcome"), outcome: Outcome }),
]);
export type CellEvent = z.infer<typeof CellEvent>;

/** First line from a listening cell when it begins to serve a connection. The cell then waits for the order. */
export const CellGreeting = z.object({
  cell: text(64).describe("Version of the cell."),
  memory: text(64).optional().describe("Memory limit of the cell; absent when unlimited."),
});
export type CellGreeting = z.infer<typeof CellGreeting>;
