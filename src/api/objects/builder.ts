import { z } from "zod";
import { wordsOf } from "../values/vocabulary.ts";
import { MergedSource } from "./build.ts";
import { apiVersion } from "./group.ts";
import { ObjectMeta } from "./metadata.ts";

/** Phases of a builder, with their meaning. */
export const builderPhases = {
  Pending: "The builder's process has not reported yet.",
  Warming:
    "The builder fetches sources, tests its tool chain and builds the base branches. The builder claims nothing yet.",
  Ready: "The builder is warm and in the partition. Its pod is Ready too.",
  Draining: "The builder claims no new build and finishes its running build.",
  Drained: "The builder builds nothing. Its pod can be deleted, or the builder can be released.",
  Quarantined:
    "The tool chain fails, the process crashed three times in a row, or trees that must go cannot be deleted. The builder builds nothing. The operator replaces its pod after 10 minutes. The pause doubles each time, up to 4 hours.",
  Suspect: "The operator saw no heartbeat for 75 s. Builds that the builder only claimed are requeued.",
  Lost: "The builder is dead, or the operator saw no heartbeat for 930 s. Its running build is requeued.",
} as const;
/** Phase of a builder. */
export const BuilderPhase = z.enum(wordsOf(builderPhases));
export type BuilderPhase = z.infer<typeof BuilderPhase>;

/** Wanted state of a builder, written by the operator. */
export const BuilderSpec = z.object({
  pool: z.string().max(253).describe("Pool of the builder."),
  desired: z
    .enum(["Active", "Drain"])
    .default("Active")
    .describe("Drain: claim no new build, finish the running build, then report Drained."),
  drainReason: z.string().max(64).optional().describe("Reason for the drain."),
  workerIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Index in the partition: the pod ordinal. Outside hosts follow in the order of their names."),
  poolSize: z.int().min(0).optional().describe("Pool size that workerIndex counts in."),
  silent: z.boolean().optional().describe("Overrides `silent` of the pool for this builder."),
  debug: z.boolean().optional().describe("Overrides `debug` of the pool for this builder."),
  external: z.boolean().default(false).describe("Whether the builder is an outside host."),
  account: z
    .string()
    .max(100)
    .optional()
    .describe(
      "UID of the present account of an outside host. A status with another `podUid` does not count. Absent while the host has no account.",
    ),
  revision: z
    .string()
    .max(100)
    .optional()
    .describe("Revision with which an outside host starts its builder. Only for outside hosts."),
  end: z
    .string()
    .max(100)
    .optional()
    .describe(
      "An incarnation. The process with this incarnation drains and exits, and the service manager of the host starts another. Only for outside hosts.",
    ),
});
export type BuilderSpec = z.infer<typeof BuilderSpec>;

/** The running build of a builder, with the facts that tables show. */
export const CurrentBuild = z.object({
  build: z.string().max(253).describe("Name of the Build."),
  check: z.string().max(200).describe("Check name."),
  repository: z.string().max(140).describe("Repository, `owner/name`."),
  number: z.int().describe("Number of the pull request."),
  commit: z.string().max(64).describe("Head commit of the pull request."),
  title: z.string().max(300).optional().describe("Title of the pull request."),
  since: z.iso.datetime().describe("Start of the build."),
});
export type CurrentBuild = z.infer<typeof CurrentBuild>;

/** Bounds of `versions`. A build can influence the text, so the text must not grow without limit. */
export const versionLimits = { entries: 32, key: 64, value: 200 } as const;

const Versions = z
  .record(z.string().max(versionLimits.key), z.string().max(versionLimits.value))
  .refine((versions) => Object.keys(versions).length <= versionLimits.entries, {
    error: `expected at most ${versionLimits.entries} versions`,
  })
  .meta({ maxProperties: versionLimits.entries });

/** What a builder knows about the base of a check: the commits of its development packages, without a pull request. */
export const CheckBase = z.object({
  check: z.string().max(200).describe("Check name."),
  commits: z
    .string()
    .max(64)
    .describe(
      "Hash of the commits of all development packages at the tip, and of the check's package, tool, defaults, architecture, remote store and environment.",
    ),
  sources: z.array(MergedSource).max(50).optional().describe("These commits."),
  at: z.iso.datetime().describe("Time when the builder had fetched the commits, by the builder's clock."),
  compiled: z.boolean().optional().describe("Whether the base alone compiled here. Absent if it was not built alone."),
  broken: z
    .object({
      reason: z.enum(["BaseBroken", "NothingBuilt"]).describe("Reason why the check can test no pull request."),
      message: z.string().max(600).describe("The reason as a sentence, with aliBuild's own words."),
      since: z.iso.datetime().describe("First time that this builder saw the check broken, by the builder's clock."),
    })
    .optional()
    .describe("Present while the base alone cannot be built."),
});
export type CheckBase = z.infer<typeof CheckBase>;

/**
 * Observed state of a builder. The builder writes every field. The operator writes the phases Suspect and Lost, and the
 * phase Pending of a host that must join.
 */
export const BuilderStatus = z.object({
  phase: BuilderPhase.describe("Phase of the builder. The operator sets Suspect or Lost when the heartbeat stops."),
  message: z
    .string()
    .max(1024)
    .optional()
    .describe("One sentence about the phase: warm-up progress, reason for a quarantine, next step."),
  incarnation: z
    .string()
    .max(100)
    .describe("Identity of the current run of the builder. Claims of an earlier incarnation are void."),
  revision: z.string().max(100).optional().describe("Revision that the builder was started with."),
  podUid: z
    .string()
    .max(100)
    .optional()
    .describe("UID of the pod, of the account of an outside host, or of its replacement on one machine."),
  machine: z
    .string()
    .max(64)
    .optional()
    .describe(
      "SHA-256 of the machine id and the name of an outside host. With a second machine the operator renews the account.",
    ),
  warm: z
    .object({
      incarnation: z.string().max(100).describe("Incarnation that warmed up."),
      revision: z.string().max(100).describe("Revision that warmed up."),
      at: z.iso.datetime().describe("End of the warm-up."),
    })
    .optional()
    .describe("Content of the marker file `state/ready`. Valid only for the current incarnation and revision."),
  warmup: z
    .object({
      done: z.int().describe("Finished steps."),
      total: z.int().describe("Total number of steps."),
      doing: z.string().max(300).optional().describe("Current step."),
      progressAt: z.iso.datetime().describe("Time of the last progress."),
      retryAt: z.iso
        .datetime()
        .optional()
        .describe("Time of the next try. Present while a failed step waits; its failure is the last one."),
      failures: z
        .array(z.string().max(300))
        .max(20)
        .optional()
        .describe("Base branches that did not compile, and infrastructure failures that are retried."),
    })
    .optional()
    .describe("Progress of the warm-up."),
  building: CurrentBuild.optional().describe("The running build."),
  step: z.string().max(64).optional().describe("Step of the running build."),
  bases: z.array(CheckBase).max(100).optional().describe("The bases of the checks, as this builder saw them last."),
  lastVerdict: z
    .object({
      build: z.string().max(253).describe("Name of the Build."),
      check: z.string().max(200).describe("Check name."),
      number: z.int().describe("Number of the pull request."),
      result: z.string().max(64).describe("Result of the verdict."),
      at: z.iso.datetime().describe("Time of the verdict."),
    })
    .optional()
    .describe("Last verdict of this builder."),
  host: z.string().max(253).optional().describe("Host of the builder."),
  versions: Versions.optional().describe("Versions of builderpool, aliBuild, git and Python."),
  disk: z
    .object({ free: z.int().describe("Free bytes."), total: z.int().describe("Total bytes.") })
    .optional()
    .describe("Space of the work area."),
  silent: z.boolean().optional().describe("Whether the builder is silent, after all overrides."),
  canary: z.boolean().optional().describe("Whether the builder is silent because its revision is on trial."),
  debug: z.boolean().optional().describe("Whether the builder logs debug messages, after all overrides."),
  partitionOverride: z
    .object({ index: z.int().describe("Worker index."), size: z.int().describe("Pool size.") })
    .optional()
    .describe("Share from a person's `worker-index` and `workers-pool-size`. Only the strategy Modulo uses it."),
  forced: z
    .array(z.string().max(64))
    .max(100)
    .optional()
    .describe(
      "Commits in `force-hashes`, the first 100. The builder builds nothing else. Absent without a restriction.",
    ),
  crashes: z
    .int()
    .optional()
    .describe(
      "Crashes of this pod's processes in a row, without a verdict and less than a day apart. Three crashes quarantine the builder.",
    ),
  infrastructureFailures: z
    .int()
    .optional()
    .describe("Infrastructure failures in a row. Too many quarantine the builder."),
});
export type BuilderStatus = z.infer<typeof BuilderStatus>;

/** One builder of a pool: a pod or an outside host. */
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
