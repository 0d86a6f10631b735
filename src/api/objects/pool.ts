import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Quantity } from "../values/quantity.ts";
import { SecretName } from "../values/secretName.ts";
import { Url } from "../values/url.ts";
import { Branch, Check, checkSettings, DefaultsName, PackageName } from "./check.ts";
import { apiVersion } from "./group.ts";
import { Logs } from "./logs.ts";
import { Condition, ObjectMeta } from "./metadata.ts";

/** A number of builders, or a percentage of `instances`. */
const amountOrShare = z.union([
  z.int().min(0).max(1000),
  z.string().regex(/^(100|[0-9]{1,2})%$/, {
    error: (issue) => `expected a number of builders or a share such as 25%, found ${JSON.stringify(issue.input)}`,
  }),
]);

/** Conditions for a builder to become ready. */
export const Warmup = z
  .object({
    builds: z
      .enum(["All", "First", "None"])
      .default("All")
      .describe(
        "Base branches that are built before a builder is ready: of all checks, of the first check, or no branch.",
      ),
    timeout: Duration.default("2h").describe(
      "Longest time without progress. After it the warm-up counts as stuck, and the pool reports it.",
    ),
  })
  .strict();

/** Rules of a rollout. */
export const Update = z
  .object({
    maxUnavailable: amountOrShare
      .default("25%")
      .describe(
        "Builders that may be out of service at once because of updates, restarts and scale-downs. At least one.",
      ),
    maxSurge: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe("Extra builders during an update. Default: 1 when instances is 1, otherwise 0."),
    drainTimeout: Duration.default("4h").describe("Time for a draining builder to finish its running build."),
    paused: z.boolean().default(false).describe("Start no further step of an update."),
    onStall: z
      .enum(["Pause", "Rollback"])
      .default("Pause")
      .describe(
        "Reaction when a new builder does not become ready. Pause: wait for a person. Rollback: return to the previous revision.",
      ),
  })
  .strict();

/** Rules for sharing the pull requests among the builders. */
export const Partition = z
  .object({
    strategy: z
      .enum(["Affinity", "Modulo"])
      .default("Affinity")
      .describe(
        "Affinity: a pull request returns to the builder with its warm tree. Modulo: the hash of check and commit decides, as in ali-bot.",
      ),
    patience: Duration.default("10m").describe(
      "Time that a pull request waits for its preferred builder. After it any idle builder may build it.",
    ),
  })
  .strict();

/** Rules for building tested pull requests again until they are merged. */
export const Recheck = z
  .object({
    failedShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.7)
      .describe("Probability that a recheck takes a failed pull request when succeeded pull requests also wait."),
    maxShare: z.number().min(0).max(1).default(0.5).describe("Largest share of the ready builders that run rechecks."),
    minBackoff: Duration.default("10m").describe(
      "Pause before the first recheck of a commit. Doubles with every recheck.",
    ),
    maxBackoff: Duration.default("12h").describe("Longest pause between two rechecks of a commit."),
  })
  .strict();

/** Access of a pool to GitHub. */
export const GitHub = z
  .object({
    secretRef: z
      .object({ name: SecretName.describe("Name of the Secret.") })
      .strict()
      .optional()
      .describe("Secret with `token`, or with `appId`, `installationId` and `privateKey`. Only the operator reads it."),
    apiUrl: Url.default("https://api.github.com").describe(
      "Base address of the REST API. GraphQL is at `<apiUrl>/graphql`; for GitHub Enterprise `…/api/v3` becomes `…/api/graphql`.",
    ),
    gitUrl: z
      .string()
      .max(500)
      .regex(/^(https?|file):\/\/\S+$/, {
        error: (issue) => `expected an http, https or file address, found ${JSON.stringify(issue.input)}`,
      })
      .default("https://github.com")
      .describe("Base address for cloning `owner/repository`."),
    pollInterval: Duration.default("60s").describe(
      "Interval between two listings of a repository and branch. All checks share one listing.",
    ),
  })
  .strict();

/** Cleanup policy of the work area. */
export const Cleanup = z
  .object({
    maxAge: Duration.default("2d").describe(
      "Age at which unused build trees of pull requests are deleted. Trees of removed checks are deleted too.",
    ),
    minFree: Quantity.default("100Gi").describe(
      "Free space to restore by deleting the oldest trees. On one machine at most a tenth of the disk.",
    ),
  })
  .strict();

/** Outside hosts that may join a pool. */
export const External = z
  .object({
    names: z
      .array(z.string().max(253))
      .max(200)
      .default([])
      .describe("Host names that may join. A `*` at the end matches any suffix."),
    count: z.int().min(0).max(1000).default(0).describe("Number of outside hosts that may join."),
  })
  .strict();

/** Volume claim of a builder. */
export const Workspace = z
  .object({
    size: Quantity.default("300Gi").describe("Size of the volume. The build trees on it stay warm over restarts."),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe("Storage class of the volume. Default: the default class of the cluster."),
  })
  .strict();

const freeForm = (description: string) => z.record(z.string(), z.unknown()).describe(description);

/** Additions to the pods of a pool. */
export const Template = z
  .object({
    resources: freeForm("Resource requests and limits of the cell, as in a pod.").optional(),
    nodeSelector: z.record(z.string(), z.string()).optional().describe("Labels that a node must have."),
    tolerations: z
      .array(freeForm("A toleration, as in a pod."))
      .max(50)
      .optional()
      .describe("Tolerations, as in a pod."),
    affinity: freeForm("Affinity, as in a pod.").optional(),
    volumes: z.array(freeForm("A volume, as in a pod.")).max(50).optional().describe("Extra volumes, as in a pod."),
    volumeMounts: z
      .array(freeForm("A volume mount, as in a container."))
      .max(50)
      .optional()
      .describe("Mount points of the extra volumes in the cell."),
    runtimeClassName: z.string().max(253).optional().describe("Runtime class of the pod."),
    annotations: z.record(z.string(), z.string()).optional().describe("Annotations of the pod."),
  })
  .strict();

/** Wanted state of a pool, written by people. */
export const BuilderPoolSpec = z
  .object({
    ...checkSettings,
    package: PackageName.describe("aliBuild package to build, in the exact case of the recipe's `package:` field."),
    defaults: DefaultsName.default("o2").describe("aliBuild defaults profile."),
    branch: Branch.default("master").describe("Base branch of the pull requests."),
    instances: z.int().min(0).max(1000).default(1).describe("Number of builders."),
    silent: z.boolean().default(false).describe("Build, but publish nothing. A change takes effect without a restart."),
    debug: z
      .boolean()
      .default(false)
      .describe("Show every command of a build in its output. A change takes effect without a restart."),
    checks: z
      .array(Check)
      .max(100)
      .optional()
      .describe(
        "Checks of the pool. Each check inherits absent settings from the pool. Default: one check `build/<package>/<defaults>`.",
      ),
    image: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe("Container image in which builds run. Required in a cluster."),
    architecture: z
      .string()
      .max(100)
      .regex(/^[a-z0-9]+_[a-z0-9-]+$/)
      .optional()
      .describe(
        "aliBuild architecture, such as `slc9_x86-64`. Required in a cluster. Default on one machine: detected by aliBuild.",
      ),
    workspace: Workspace.optional().describe("Volume that keeps build trees warm over restarts."),
    template: Template.optional().describe("Additions to the pods."),
    warmup: Warmup.prefault({}).describe("Conditions for a builder to become ready."),
    update: Update.prefault({}).describe("Rules of a rollout, when a change of the spec replaces pods."),
    partition: Partition.prefault({}).describe("Rules for sharing the pull requests among the builders."),
    recheck: Recheck.prefault({}).describe("Rules for building tested pull requests again until they are merged."),
    github: GitHub.prefault({}).describe("Access to GitHub. Only the operator reads credentials."),
    logs: Logs.prefault({}).describe("Log store."),
    cellSecrets: z
      .array(z.object({ name: SecretName.describe("Name of the Secret.") }).strict())
      .max(10)
      .optional()
      .describe(
        "Secrets for builds, as files `<name>/<key>` in the folder `BUILDERPOOL_SECRETS`. The code of every pull request can read them.",
      ),
    cleanup: Cleanup.prefault({}).describe("Cleanup policy of the work area."),
    external: External.optional().describe(
      "Outside hosts that may join the pool. Not implemented yet: the field has no effect.",
    ),
  })
  .strict();
export type BuilderPoolSpec = z.infer<typeof BuilderPoolSpec>;

const count = (description: string) => z.int().optional().describe(description);

/** Observed state of a pool, written by the operator. */
export const BuilderPoolStatus = z.object({
  observedGeneration: z.int().optional().describe("Generation of the observed spec."),
  revision: z.string().optional().describe("Revision that the builders should have."),
  previousRevision: z.string().optional().describe("Revision before the current update. A rollback returns to it."),
  instances: count("Existing builders."),
  ready: count("Ready builders."),
  active: count("Builders in the partition."),
  updated: count("Builders with the current revision."),
  building: count("Builders with a running build."),
  queued: count("Waiting untested pull requests. Absent when GitHub could not be listed."),
  oldest: z.iso.datetime().optional().describe("Start of the longest current wait of an untested pull request."),
  selector: z.string().optional().describe("Label selector of the builders, for the scale subresource."),
  logAddresses: z
    .array(z.string().max(1000))
    .max(8)
    .optional()
    .describe("Addresses of logs, the present one first. Verdicts may link to them. Only in a cluster."),
  listings: z
    .array(
      z.object({
        repository: z.string().describe("Repository, `owner/name`."),
        branch: z.string().describe("Base branch."),
        listedAt: z.iso.datetime().optional().describe("Time of the last complete listing."),
        pullRequests: count("Open pull requests in the listing."),
        stale: z.boolean().describe("Whether the last listing failed. The known queue is then kept."),
        message: z
          .string()
          .max(1024)
          .optional()
          .describe("Reason why the listing is stale, and time of the next attempt."),
      }),
    )
    .optional()
    .describe("State of the listing of each repository and branch."),
  conditions: z
    .array(Condition)
    .optional()
    .describe("Available, Progressing, Stalled, Covered, Conflict, GitHubReachable, DefinitionsValid."),
});
export type BuilderPoolStatus = z.infer<typeof BuilderPoolStatus>;

/** A fleet of builders that test the pull requests of one or more repositories. */
export const BuilderPool = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("BuilderPool"),
    metadata: ObjectMeta,
    spec: BuilderPoolSpec,
    status: BuilderPoolStatus.optional(),
  })
  .strict();
export type BuilderPool = z.infer<typeof BuilderPool>;
