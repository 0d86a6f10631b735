import { z } from "zod";
import { wordsOf } from "../values/vocabulary.ts";
import { apiVersion } from "./group.ts";
import { ObjectMeta } from "./metadata.ts";

export const builderPhases = {
  Pending: "Its process has not spoken yet",
  Warming: "Fetches, tests its tool chain and builds the base branches; takes nothing",
  Ready: "Warm, and in the partition; its pod is Ready too",
  Draining: "Takes nothing new, and ends the build it has",
  Drained: "Builds nothing any more; its pod may go, or it is released",
  Quarantined:
    "Its tool chain fails, or its process crashed three times in a row; it builds nothing, and its pod is replaced after 10 minutes (twice as long each time, 4 hours at most)",
  Suspect: "Not heard of for 75 s, says the operator; what it had only claimed goes to others",
  Lost: "Certainly dead, or not heard of for 930 s, says the operator; its build goes to others",
} as const;
export const BuilderPhase = z.enum(wordsOf(builderPhases));
export type BuilderPhase = z.infer<typeof BuilderPhase>;

export const BuilderSpec = z.object({
  pool: z.string().max(253).describe("Pool it belongs to"),
  desired: z
    .enum(["Active", "Drain"])
    .default("Active")
    .describe("Drain: take no new build, finish the running one, then report Drained"),
  drainReason: z.string().max(64).optional().describe("Why it drains"),
  workerIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Index in the partition: the pod ordinal, outside hosts after them in the order of their names"),
  poolSize: z.int().min(0).optional().describe("Pool size the index counts in"),
  silent: z.boolean().optional().describe("Overrides the pool's silent for this builder"),
  debug: z.boolean().optional().describe("Overrides the pool's debug for this builder"),
  external: z.boolean().default(false).describe("Whether it is an outside host"),
});
export type BuilderSpec = z.infer<typeof BuilderSpec>;

export const CurrentBuild = z.object({
  build: z.string().describe("Name of the Build"),
  check: z.string().describe("Check name"),
  repository: z.string().describe("Repository"),
  number: z.int().describe("Pull request"),
  commit: z.string().describe("Commit"),
  title: z.string().max(300).optional().describe("Title of the pull request"),
  since: z.iso.datetime().describe("Start of the build"),
});
export type CurrentBuild = z.infer<typeof CurrentBuild>;

/** Written by the builder alone, but for phase Suspect and Lost, which the operator writes about a silent one. */
export const BuilderStatus = z.object({
  phase: BuilderPhase.describe(
    "Pending, Warming, Ready, Draining, Drained, Quarantined; Suspect or Lost when its heartbeat stopped",
  ),
  message: z
    .string()
    .max(1024)
    .optional()
    .describe("One sentence about the phase: warm-up progress, why quarantined, what to do"),
  incarnation: z.string().describe("Process that speaks; a claim of an earlier incarnation is void"),
  revision: z.string().optional().describe("Revision it was started with"),
  podUid: z.string().optional().describe("UID of its pod; on one machine of what stands in for a pod"),
  warm: z
    .object({
      incarnation: z.string().describe("Incarnation that warmed up"),
      revision: z.string().describe("Revision that warmed up"),
      at: z.iso.datetime().describe("When"),
    })
    .optional()
    .describe("Marker of state/ready; counts only when incarnation and revision are the current ones"),
  warmup: z
    .object({
      done: z.int().describe("Steps done"),
      total: z.int().describe("Steps in all"),
      doing: z.string().max(300).optional().describe("What it does now"),
      progressAt: z.iso.datetime().describe("Last progress"),
      failures: z
        .array(z.string().max(300))
        .max(20)
        .optional()
        .describe("Base branches that did not compile, and infrastructure failures that are retried"),
    })
    .optional()
    .describe("Progress of the warm-up"),
  building: CurrentBuild.optional().describe("The running build"),
  step: z.string().max(64).optional().describe("Step of the running build"),
  lastVerdict: z
    .object({
      build: z.string().describe("Name of the Build"),
      check: z.string().describe("Check name"),
      number: z.int().describe("Pull request"),
      result: z.string().describe("Verdict"),
      at: z.iso.datetime().describe("When"),
    })
    .optional()
    .describe("Last verdict it gave"),
  host: z.string().max(253).optional().describe("Host it runs on"),
  versions: z.record(z.string(), z.string()).optional().describe("Versions of builderpool, aliBuild, git, python"),
  disk: z
    .object({ free: z.int().describe("Free bytes"), total: z.int().describe("Bytes in all") })
    .optional()
    .describe("Space of the work area"),
  silent: z.boolean().optional().describe("Whether it is silent, all overrides considered"),
  debug: z.boolean().optional().describe("Whether it logs debug, all overrides considered"),
  crashes: z
    .int()
    .optional()
    .describe(
      "Processes of this pod that ended by themselves, in a row, without a verdict and within a day of each other; three quarantine it",
    ),
  infrastructureFailures: z.int().optional().describe("Infrastructure failures in a row; too many quarantine it"),
});
export type BuilderStatus = z.infer<typeof BuilderStatus>;

export const Builder = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("Builder"),
    metadata: ObjectMeta,
    spec: BuilderSpec,
    status: BuilderStatus.optional(),
  })
  .strict();
export type Builder = z.infer<typeof Builder>;
