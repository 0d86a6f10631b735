import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Quantity } from "../values/quantity.ts";
import { SecretName } from "../values/secretName.ts";
import { Url } from "../values/url.ts";
import { Branch, Check, checkSettings, DefaultsName, PackageName } from "./check.ts";
import { apiVersion } from "./group.ts";
import { Logs } from "./logs.ts";
import { Condition, ObjectMeta } from "./metadata.ts";

const amountOrShare = z.union([
  z.int().min(0).max(1000),
  z.string().regex(/^(100|[0-9]{1,2})%$/, {
    error: (issue) => `expected a number of builders or a share such as 25%, found ${JSON.stringify(issue.input)}`,
  }),
]);

export const Warmup = z
  .object({
    builds: z
      .enum(["All", "First", "None"])
      .default("All")
      .describe("Which checks' base branches are built before a builder is ready"),
    timeout: Duration.default("2h").describe("A warm-up without progress for this long is stuck, and said to be"),
  })
  .strict();

export const Update = z
  .object({
    maxUnavailable: amountOrShare
      .default("25%")
      .describe(
        "Builders that updates, restarts and scale-downs together may take out of service at once; at least one",
      ),
    maxSurge: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe("Extra builders during an update; 1 when instances is 1, else 0"),
    drainTimeout: Duration.default("4h").describe("How long a draining builder may finish its running build"),
    paused: z.boolean().default(false).describe("Start no further step of an update"),
    onStall: z
      .enum(["Pause", "Rollback"])
      .default("Pause")
      .describe(
        "What an update does whose new builder does not get warm: wait for a person, or return to the previous revision",
      ),
  })
  .strict();

export const Partition = z
  .object({
    strategy: z
      .enum(["Affinity", "Modulo"])
      .default("Affinity")
      .describe(
        "Affinity: a pull request returns to the builder whose tree is warm. Modulo: the hash of check and commit, as ali-bot did",
      ),
    patience: Duration.default("10m").describe(
      "How long a pull request waits for its preferred builder before anybody idle may build it",
    ),
  })
  .strict();

export const Recheck = z
  .object({
    failedShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.7)
      .describe("Probability that a recheck takes a failed pull request when succeeded ones wait too"),
    maxShare: z.number().min(0).max(1).default(0.5).describe("Largest share of the ready builders busy with rechecks"),
    minBackoff: Duration.default("10m").describe(
      "Pause before the first recheck of a commit; doubles with every recheck of it",
    ),
    maxBackoff: Duration.default("12h").describe("Longest pause between two rechecks of a commit"),
  })
  .strict();

export const GitHub = z
  .object({
    secretRef: z
      .object({ name: SecretName.describe("Name of the Secret") })
      .strict()
      .optional()
      .describe("Secret with `token`, or with `appId`, `installationId` and `privateKey`; only the operator reads it"),
    apiUrl: Url.default("https://api.github.com").describe(
      "REST base address; GraphQL is `<apiUrl>/graphql`, for GitHub Enterprise `…/api/v3` becomes `…/api/graphql`",
    ),
    gitUrl: z
      .string()
      .max(500)
      .regex(/^(https?|file):\/\/\S+$/, {
        error: (issue) => `expected an http, https or file address, found ${JSON.stringify(issue.input)}`,
      })
      .default("https://github.com")
      .describe("Base address from which `owner/repository` is cloned"),
    pollInterval: Duration.default("60s").describe(
      "How often each repository and branch is listed, once for everybody",
    ),
  })
  .strict();

export const Cleanup = z
  .object({
    maxAge: Duration.default("2d").describe(
      "Build trees of pull requests unused for this long are deleted, and trees of checks that the pool has no more",
    ),
    minFree: Quantity.default("100Gi").describe(
      "Free space to restore by deleting the oldest trees; never more than a tenth of the disk on one machine",
    ),
  })
  .strict();

export const External = z
  .object({
    names: z
      .array(z.string().max(253))
      .max(200)
      .default([])
      .describe("Host names that may join; a `*` at the end matches any rest"),
    count: z.int().min(0).max(1000).default(0).describe("How many outside hosts may join"),
  })
  .strict();

export const Workspace = z
  .object({
    size: Quantity.default("300Gi").describe("Size of the volume that keeps a builder's tree warm over restarts"),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe("Storage class of the volume; the cluster's default when absent"),
  })
  .strict();

const freeForm = (what: string) => z.record(z.string(), z.unknown()).describe(what);

export const Template = z
  .object({
    resources: freeForm("Resource requests and limits of the cell, as in a pod").optional(),
    nodeSelector: z.record(z.string(), z.string()).optional().describe("Labels a node must carry"),
    tolerations: z.array(freeForm("A toleration, as in a pod")).max(50).optional().describe("Tolerations, as in a pod"),
    affinity: freeForm("Affinity, as in a pod").optional(),
    volumes: z.array(freeForm("A volume, as in a pod")).max(50).optional().describe("Extra volumes, as in a pod"),
    volumeMounts: z
      .array(freeForm("A volume mount, as in a container"))
      .max(50)
      .optional()
      .describe("Where the cell sees the extra volumes"),
    runtimeClassName: z.string().max(253).optional().describe("Runtime class of the pod"),
    annotations: z.record(z.string(), z.string()).optional().describe("Annotations of the pod"),
  })
  .strict();

export const BuilderPoolSpec = z
  .object({
    ...checkSettings,
    package: PackageName.describe("aliBuild package to build, in the exact case of the recipe's `package:` field"),
    defaults: DefaultsName.default("o2").describe("aliBuild defaults profile"),
    branch: Branch.default("master").describe("Base branch of the pull requests"),
    instances: z.int().min(0).max(1000).default(1).describe("Number of builders"),
    silent: z.boolean().default(false).describe("Build, and publish nothing; changes live"),
    debug: z.boolean().default(false).describe("Show every command of a build in its output; changes live"),
    checks: z
      .array(Check)
      .max(100)
      .optional()
      .describe(
        "The checks; each inherits what it does not say from the pool. One check `build/<package>/<defaults>` when absent",
      ),
    image: z.string().min(1).max(500).optional().describe("Container image in which builds run; required in a cluster"),
    architecture: z
      .string()
      .max(100)
      .regex(/^[a-z0-9]+_[a-z0-9-]+$/)
      .optional()
      .describe(
        "aliBuild architecture such as `slc9_x86-64`; required in a cluster, detected by aliBuild on one machine when absent",
      ),
    workspace: Workspace.optional().describe("Volume that keeps the tree warm over restarts"),
    template: Template.optional().describe("What else the pods need"),
    warmup: Warmup.prefault({}).describe("What warm means for this pool"),
    update: Update.prefault({}).describe("How a change of the pods rolls"),
    partition: Partition.prefault({}).describe("How builders share the pull requests"),
    recheck: Recheck.prefault({}).describe("Rebuilding what was tested until it is merged"),
    github: GitHub.prefault({}).describe("How GitHub is reached; credentials are read by the operator alone"),
    logs: Logs.prefault({}).describe("Where build logs land"),
    cellSecrets: z
      .array(z.object({ name: SecretName.describe("Name of the Secret") }).strict())
      .max(10)
      .optional()
      .describe(
        "Secrets handed to builds as files, `<name>/<key>` in the folder that `BUILDERPOOL_SECRETS` names: readable by the code of every pull request that is built",
      ),
    cleanup: Cleanup.prefault({}).describe("What is deleted from the work area, and when"),
    external: External.optional().describe("Outside hosts that may join the pool; none can yet, so nothing reads it"),
  })
  .strict();
export type BuilderPoolSpec = z.infer<typeof BuilderPoolSpec>;

const count = (what: string) => z.int().optional().describe(what);

export const BuilderPoolStatus = z.object({
  observedGeneration: z.int().optional().describe("Generation of the spec this status is about"),
  revision: z.string().optional().describe("Revision the builders should have"),
  previousRevision: z
    .string()
    .optional()
    .describe("Revision before the update in progress; where a rollback returns to"),
  instances: count("Builders that exist"),
  ready: count("Builders that are warm"),
  active: count("Builders in the partition"),
  updated: count("Builders at the current revision"),
  building: count("Builders with a running build"),
  queued: count("Untested pull requests that wait; absent when GitHub could not be listed"),
  oldest: z.iso.datetime().optional().describe("Since when the oldest of them waits"),
  selector: z.string().optional().describe("Label selector of the builders, for the scale subresource"),
  listings: z
    .array(
      z.object({
        repository: z.string().describe("Repository"),
        branch: z.string().describe("Base branch"),
        listedAt: z.iso.datetime().optional().describe("Last complete listing"),
        pullRequests: count("Open pull requests in it"),
        stale: z
          .boolean()
          .describe("Whether the last attempt to list failed, so that the known queue is kept as it was"),
        message: z.string().max(1024).optional().describe("Why it is stale and when it is tried again"),
      }),
    )
    .optional()
    .describe("State of the listing of each repository and branch"),
  conditions: z
    .array(Condition)
    .optional()
    .describe("Available, Progressing, Stalled, Covered, Conflict, GitHubReachable, DefinitionsValid"),
});
export type BuilderPoolStatus = z.infer<typeof BuilderPoolStatus>;

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
