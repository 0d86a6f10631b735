import type { Tested } from "./proof.ts";
import { both, differs, names, only, refuses, tested } from "./proof.ts";

const merge = "integration/cell/merge";
const choose = "unit/core/queue/choose";
const fairness = "unit/core/queue/fairness";
const request = "unit/core/queue/request";
const canary = "unit/core/pool/rollout/canary";
const rollout = "unit/core/pool/rollout/update";
const s3 = { endpoint: "https://s3.example.org", bucket: "logs", secretRef: { name: "bucket" } };
const inBucket = (change: object) => ({ logs: { s3: { ...s3, ...change } } });
const bucketOfMachine: Tested = tested("cluster/s3", "stores bytes and their content type");
const pod = (field: string, value: unknown) =>
  only({
    cluster: differs("pod", { template: { [field]: value } }),
    machine: names({ template: { [field]: value } }),
  });
const volumes = [{ name: "cvmfs", configMap: { name: "cvmfs" } }];

/** The proof of each field of `spec` that it has an effect, in a cluster and on one machine. */
export const proofs = {
  // Settings of checks. A check takes them from the pool; fields.test.ts tests that for each of them.
  "spec.repository": both(
    tested("unit/operator/queue/run", "P-20: lists one repository while another cannot be listed"),
  ),
  "spec.branch": both(differs("arguments", { branch: "dev" })),
  "spec.checkout": both(
    tested("integration/cell/build", "refuses to build when the merge directory is not checked out (W-1)"),
  ),
  "spec.package": both(differs("arguments", { package: "O2Suite" })),
  "spec.defaults": both(differs("arguments", { defaults: "o2-epn" })),
  "spec.developmentPackages[].repository": both(
    tested("integration/field/names", "is built from its base branch and with a pull request, and has its page"),
  ),
  "spec.developmentPackages[].branch": both(tested("integration/mirrors/fetch", "follows its branch")),
  "spec.developmentPackages[].directory": both(
    tested("integration/field/names", "is built from its base branch and with a pull request, and has its page"),
  ),
  "spec.trust.collaborators": both(
    differs("trust", { trust: { collaborators: true } }, { association: "CONTRIBUTOR" }),
  ),
  "spec.trust.users[]": both(differs("trust", { trust: { users: ["alice"] } })),
  "spec.trust.team": both(differs("trust", { trust: { team: "experts" } })),
  "spec.trust.approvals": both(differs("trust", { trust: { approvals: "AnyCommit" } }, { isApproved: true })),
  "spec.comments": both(
    tested(
      "unit/core/report/post/plan/comment",
      "accompanies the status of a failed build if the check wants comments",
    ),
  ),
  "spec.sharedTree": both(differs("arguments", { sharedTree: true })),
  "spec.env{}": both(differs("arguments", { env: { A: "b" } })),
  "spec.onlyWhenChanged[]": both(tested(merge, "decides by the changed files: %s")),
  "spec.remoteStore": both(differs("arguments", { remoteStore: "" })),
  "spec.jobs": both(differs("arguments", { jobs: 3 })),
  "spec.compiler": both(
    tested("integration/cell/truth", "uses the compiler and the environment of the check, and leaves no files"),
  ),
  "spec.base": both(tested("integration/builder/base", "with base: %s leads to the verdict %s, never to red")),
  "spec.timeouts.command": both(
    tested(
      "integration/builder/config",
      "puts the limits of config files into orders, and warns about an empty file (W-23)",
    ),
  ),
  "spec.timeouts.build": both(
    tested(
      "integration/cell/process",
      "kills a build at its limit with all its processes, and reports a failure (W-39)",
    ),
  ),
  "spec.maxGrowth": both(tested(merge, "count bytes before any is written")),
  "spec.maxFiles": both(tested(merge, "count files before any is written")),
  "spec.quota.size": both(tested("integration/cell/quota", "of %s is stopped above quota.size, and is red alone")),
  "spec.quota.files": both(tested("integration/cell/quota", "is stopped above quota.files, and is red alone")),
  "spec.tool.alibuild": both(
    tested("integration/cell/tasks", "from a branch is resolved and installed once per commit"),
  ),
  "spec.checks[].name": both(differs("checks", { checks: [{ name: "build/other" }] })),
  "spec.checks[].silent": both(
    tested(
      "integration/builder/config",
      "records silent verdicts (W-11), and is silent by its pool, its check, its object or a file",
    ),
  ),

  // The pool and its builders.
  "spec.instances": both(differs("budget", { instances: 9 })),
  "spec.silent": both(
    tested(
      "integration/builder/config",
      "records silent verdicts (W-11), and is silent by its pool, its check, its object or a file",
    ),
  ),
  "spec.debug": both(tested("unit/builder/config/config", "follows the pool")),
  "spec.image": only({
    cluster: differs("pod", { image: "registry.example.org/other:1" }),
    machine: names({ image: "slc9" }),
  }),
  "spec.architecture": both(differs("arguments", { architecture: "slc9_aarch64" })),
  "spec.workspace.size": only({
    cluster: differs("pod", { workspace: { size: "1Ti" } }),
    machine: names({ workspace: { size: "1Ti" } }),
  }),
  "spec.workspace.storageClassName": only({
    cluster: differs("pod", { workspace: { storageClassName: "fast" } }),
    machine: names({ workspace: { storageClassName: "fast" } }),
  }),
  "spec.template.resources": pod("resources", { limits: { memory: "64Gi" } }),
  "spec.template.nodeSelector{}": pod("nodeSelector", { size: "large" }),
  "spec.template.tolerations[]": pod("tolerations", [{ key: "ci", operator: "Exists" }]),
  "spec.template.affinity": pod("affinity", { podAntiAffinity: {} }),
  "spec.template.volumes[]": pod("volumes", volumes),
  "spec.template.volumeMounts[]": only({
    cluster: differs("pod", { template: { volumeMounts: [{ name: "cvmfs", mountPath: "/cvmfs" }] } }),
    machine: names({ template: { volumes, volumeMounts: [{ name: "cvmfs", mountPath: "/cvmfs" }] } }),
  }),
  "spec.template.runtimeClassName": pod("runtimeClassName", "gvisor"),
  "spec.template.annotations{}": pod("annotations", { owner: "ci" }),
  "spec.warmup.builds": both(
    tested(
      "integration/builder/warmup",
      "builds the base branch of every check, and continues after a base that does not compile",
    ),
  ),
  "spec.warmup.timeout": both(tested(rollout, "stalls with instructions, while the other builders work")),
  "spec.update.maxUnavailable": both(differs("budget", { update: { maxUnavailable: "50%" } })),
  "spec.update.maxSurge": both(differs("budget", { update: { maxSurge: 2 } })),
  "spec.update.drainTimeout": both(
    tested("integration/builder/drain", "stops a build after the drain timeout and records the reason"),
  ),
  "spec.update.paused": both(tested(rollout, "completes the present drain when paused, and begins no other")),
  "spec.update.onStall": both(tested(rollout, "rolls back with onStall: Rollback, and stays at the old revision")),
  "spec.update.canary.builders": both(
    tested(canary, "updates `builders` of the highest ordinals, and starts others at the old revision"),
  ),
  "spec.update.canary.agree": both(tested(canary, "waits for `agree` verdicts, shows their number, and continues")),
  "spec.update.canary.timeout": both(
    tested(canary, "stops after `timeout` with too few verdicts, and continues when enough agree"),
  ),
  "spec.partition.strategy": both(tested(choose, "gives each build only to the Ready builder with the owning rank")),
  "spec.partition.patience": both(
    tested(choose, "makes other builders wait for the patience, and gives the remaining time"),
  ),
  "spec.fairness.by[]": both(tested(fairness, "alternates between the groups of by: %s")),
  "spec.fairness.weights[].repository": both(tested(fairness, "gives a group with a weight for its %s more turns")),
  "spec.fairness.weights[].check": both(tested(fairness, "gives a group with a weight for its %s more turns")),
  "spec.fairness.weights[].author": both(tested(fairness, "gives a group with a weight for its %s more turns")),
  "spec.fairness.weights[].weight": both(tested(fairness, "gives a group with a weight for its %s more turns")),
  "spec.recheck.failedShare": both(
    tested(choose, "P-5: draws a failed build with probability failedShare, uniformly within a group"),
  ),
  "spec.recheck.maxShare": both(tested(choose, "W-45: occupies at most maxShare of the Ready builders")),
  "spec.recheck.minBackoff": both(
    tested(request, "after %i rechecks is raised %i minutes after the verdict, or up to a quarter later"),
  ),
  "spec.recheck.maxBackoff": both(
    tested(request, "after %i rechecks is raised %i minutes after the verdict, or up to a quarter later"),
  ),
  "spec.cleanup.maxAge": both(
    tested("unit/builder/areas/expiry", "deletes areas without a Build and areas without use for maxAge"),
  ),
  "spec.cleanup.minFree": both(
    tested(
      "integration/builder/cleaning",
      "W-41: keeps at most a tenth of a shared disk free, even with a larger cleanup.minFree",
    ),
  ),

  // GitHub, logs and Secrets.
  "spec.github.secretRef.name": only({
    cluster: tested(
      "unit/operator/cluster/githubs",
      "reads the Secret once and each repository once when repositories are listed at once",
    ),
    machine: tested("unit/local/credential", "is the token of the referenced Secret without its final newline"),
  }),
  "spec.github.gitSecretRef.name": only({
    cluster: tested(
      "cluster/builderPod",
      "fetches private repositories, warms up, builds, stores the log and drains, each container as its own user, with only its Role's rights",
    ),
    machine: tested("integration/up/privateRepository", "is built with the credential of gitSecretRef"),
  }),
  "spec.github.apiUrl": both(
    tested(
      "unit/github/http/connections",
      "drops a connection and its caches when the last pool with its credential changes to another",
    ),
  ),
  "spec.github.gitUrl": both(tested("integration/field/proxy", "up lists pull requests and fetches them")),
  "spec.github.pollInterval": both(
    tested(
      "unit/operator/queue/run",
      "lists a repository and branch once for all pools and checks, at the shortest interval",
    ),
  ),
  "spec.logs.directory": only({
    cluster: refuses("directory is for one machine: in a cluster the log service stores logs; remove it"),
    machine: tested("integration/field/logs", "count for each pool: directory, address and age"),
  }),
  "spec.logs.s3.endpoint": only({
    cluster: differs("pod", inBucket({ endpoint: "https://s3.cern.ch" }), inBucket({})),
    machine: differs("logAddress", inBucket({ endpoint: "https://s3.cern.ch" }), inBucket({})),
  }),
  "spec.logs.s3.bucket": only({
    cluster: differs("pod", inBucket({ bucket: "other" }), inBucket({})),
    machine: differs("logAddress", inBucket({ bucket: "other" }), inBucket({})),
  }),
  "spec.logs.s3.region": only({
    cluster: differs("pod", inBucket({ region: "eu" }), inBucket({})),
    machine: bucketOfMachine,
  }),
  "spec.logs.s3.prefix": only({
    cluster: differs("pod", inBucket({ prefix: "ci" }), inBucket({})),
    machine: differs("logAddress", inBucket({ prefix: "ci" }), inBucket({})),
  }),
  "spec.logs.s3.secretRef.name": only({
    cluster: differs("pod", inBucket({ secretRef: { name: "other" } }), inBucket({})),
    machine: tested("cluster/s3", "are the files of its Secret, and a missing key is named"),
  }),
  "spec.logs.url": only({
    cluster: refuses("url is for s3 or for one machine: set logs.publicUrl of the chart instead"),
    machine: tested("integration/field/logs", "count for each pool: directory, address and age"),
  }),
  "spec.logs.keep": only({
    cluster: refuses("keep is for one machine: set logs.keep of the chart, or a lifecycle rule of the bucket"),
    machine: tested("integration/field/logs", "count for each pool: directory, address and age"),
  }),
  "spec.logs.maxSize": both(
    tested(
      "integration/faults/builds",
      "keeps its memory bounded for 1 GB of output, and stores its beginning and end",
    ),
  ),
  "spec.cellSecrets[].name": only({
    cluster: differs("pod", { cellSecrets: [{ name: "grid" }] }),
    machine: tested(
      "integration/up/cellSecrets",
      "are files in the folder passed to aliBuild, and appear in no environment, command line, log or object",
    ),
  }),
  "spec.external.names[]": only({
    cluster: tested(
      "unit/core/pool/hosts",
      "creates a Builder for each name and nothing for pods, and says how each host joins",
    ),
    machine: names({ external: { names: ["lab1"] } }),
  }),
} as const;
