import { z } from "zod";
import { VerdictResult } from "../objects/build.ts";
import { infrastructureReasons } from "../objects/reasons.ts";
import { wordsOf } from "../values/vocabulary.ts";

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
export type CellStep = (typeof cellSteps)[number];

const text = (max: number) => z.string().max(max);

/** One section of the result page: a class of lines found in the logs. */
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

/** What one pass over all logs found, bounded on every side. */
export const Findings = z.object({
  sections: z
    .array(
      z.object({
        class: FindingClass,
        lines: z
          .array(text(2000))
          .max(2000)
          .describe("Lines as shown: `## file` headers, context, `--` between blocks"),
        omitted: z.int().describe("Matching lines that did not fit"),
      }),
    )
    .max(20),
  preview: z.array(text(2000)).max(60).describe("The excerpt for the comment, at most 50 lines"),
});
export type Findings = z.infer<typeof Findings>;

/** How an order ended. `Verdict` speaks about the pull request, `Infrastructure` does not. */
export const Outcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("Verdict"),
    result: VerdictResult,
    description: text(140),
    mergeBase: text(64).optional(),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional().describe("What was run, for the result page"),
  }),
  z.object({
    kind: z.literal("Infrastructure"),
    reason: z.enum(wordsOf(infrastructureReasons)),
    message: text(1024),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional(),
  }),
  /** `warmup`, `selftest` and `clean` ended as they should; a base branch that does not compile is a fact, not a failure. */
  z.object({
    kind: z.literal("Done"),
    message: text(1024),
    compiled: z.boolean().optional().describe("Whether the base branch compiled, for `warmup`"),
    freed: z.int().optional().describe("Bytes freed, for `clean`"),
    findings: Findings.optional(),
    versions: z.record(text(64), text(200)).optional(),
    commands: z.array(text(4000)).max(20).optional(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;

/**
 * What a cell tells its builder: JSON lines on file descriptor 3 (a pipe on one machine, a socket in a pod).
 * The text of the running build goes to the cell's own standard output, not here. The last event is always `outcome`.
 */
export const CellEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("step"), step: z.enum(cellSteps), message: text(300).optional() }),
  z.object({ event: z.literal("progress"), message: text(300) }),
  z.object({
    event: z.literal("logFile"),
    path: text(500),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    bytes: z.int().describe("Size of the whole file"),
  }),
  z.object({ event: z.literal("logText"), text: text(262_144) }).describe("The next piece of the last logFile"),
  z.object({ event: z.literal("outcome"), outcome: Outcome }),
]);
export type CellEvent = z.infer<typeof CellEvent>;

/** What a cell that listens for orders says first, once the turn of a connection has come; then it waits for the order. */
export const CellGreeting = z.object({
  cell: text(64).describe("Version of the cell"),
  memory: text(64).optional().describe("Limit of its memory; absent when there is none"),
});
export type CellGreeting = z.infer<typeof CellGreeting>;
