import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Branch } from "../values/gitNames.ts";
import { Quantity } from "../values/quantity.ts";
import { SecretName } from "../values/secretName.ts";
import { Check, checkSettings, DefaultsName, PackageName } from "./check.ts";
import { checkDefaults } from "./checkDefaults.ts";
import { ComparisonSummary } from "./comparison.ts";
import { apiVersion } from "./group.ts";
import { Condition, ObjectMeta } from "./metadata.ts";
import { External } from "./pool/external.ts";
import { GitHub } from "./pool/github.ts";
import { HostLogs, Logs } from "./pool/logs.ts";
import { Fairness, Partition } from "./pool/sharing.ts";
import { CanaryStatus, Update } from "./pool/update.ts";
import { poolConditions } from "./reasons.ts";

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

/** Volume claim of a builder. */
export const Workspace = z
  .object({
    size: Quantity.default("300Gi").describe(
      "Size of a new volume. The build trees on it stay warm over restarts. A change restarts no builder.",
    ),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe("Storage class of a new volume. Default: the default class of the cluster."),
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
    defaults: DefaultsName.default(checkDefaults.defaults).describe("aliBuild defaults profile."),
    branch: Branch.default(checkDefaults.branch).describe("Base branch of the pull requests."),
    instances: z
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe("Number of builders in the cluster. Hosts in `external.names` come in addition."),
    silent: z
      .boolean()
      .default(false)
      .describe(
        "Build, but publish nothing. Beside a loud pool with the same check, the pool builds shadows of that pool's builds. A change takes effect without a restart.",
      ),
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
      .describe("Container image in which builds run. Required in a cluster, unless `instances` is 0."),
    architecture: z
      .string()
      .max(100)
      .regex(/^[a-z0-9]+_[a-z0-9-]+$/)
      .optional()
      .describe(
        "aliBuild architecture, such as `slc9_x86-64`. Required in a cluster, unless `instances` is 0. Default on one machine and on outside hosts: detected by aliBuild.",
      ),
    workspace: Workspace.optional().describe("Volume that keeps build trees warm over restarts."),
    template: Template.optional().describe("Additions to the pods."),
    warmup: Warmup.prefault({}).describe("Conditions for a builder to become ready."),
    update: Update.prefault({}).describe("Rules of a rollout, when a change of the spec replaces pods."),
    partition: Partition.prefault({}).describe("Rules for sharing the pull requests among the builders."),
    fairness: Fairness.prefault({}).describe("Rules for sharing the builders among the waiting pull requests."),
    recheck: Recheck.prefault({}).describe("Rules for building tested pull requests again until they are merged."),
    github: GitHub.prefault({}).describe("Access to GitHub. Only the operator reads credentials."),
    logs: Logs.prefault({}).describe("Log store."),
    cellSecrets: z
      .array(z.object({ name: SecretName.describe("Name of the Secret.") }).strict())
      .max(10)
      .optional()
      .describe(
        "Secrets for builds, as files `<name>/<key>` in the folder `BUILDERPOOL_SECRETS`. The code of every pull request can read them. Requires `trust.approvals: Strict`.",
      ),
    cleanup: Cleanup.prefault({}).describe("Cleanup policy of the work area."),
    external: External.optional().describe(
      "Outside hosts: machines outside the cluster that build for the pool. One machine ignores them with a note.",
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
  instances: count("Existing pods of builders."),
  outside: count("Outside hosts: the names in `external.names`, and removed hosts that still drain."),
  ready: count("Ready builders."),
  active: count("Builders in the partition."),
  updated: count("Builders with the current revision."),
  building: count("Builders with a running build."),
  queued: count("Waiting untested pull requests. Absent when GitHub could not be listed."),
  oldest: z.iso.datetime().optional().describe("Start of the longest current wait of an untested pull request."),
  uncovered: count("Wanted builds that no ready builder would claim. The condition Covered gives the reasons."),
  selector: z.string().optional().describe("Label selector of the builders, for the scale subresource."),
  logAddresses: z
    .array(z.string().max(1000))
    .max(8)
    .optional()
    .describe("Addresses of logs, the present one first. Verdicts may link to them. Only in a cluster."),
  hostLogs: HostLogs.optional().describe("Log service for outside hosts. Absent without `external` or with `logs.s3`."),
  listings: z
    .array(
      z.object({
        repository: z.string().describe("Repository, `owner/name`."),
        branch: z.string().describe("Base branch."),
        listedAt: z.iso
          .datetime()
          .optional()
          .describe(
            "While `stale`: time of the last complete listing. Otherwise: time of the first listing with this number of pull requests. Later listings with the same number keep the time.",
          ),
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
  comparisons: z
    .array(ComparisonSummary)
    .max(8)
    .optional()
    .describe("Verdicts of this pool beside other verdicts on the same commits, for the open pull requests."),
  canary: CanaryStatus.optional().describe(
    "The trial of a new revision by `update.canary`. Absent without a rollout. Builders read it to know whether they publish.",
  ),
  conditions: z
    .array(Condition)
    .optional()
    .describe(`${Object.keys(poolConditions).join(", ")}.`),
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
