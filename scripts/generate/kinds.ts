import type { z } from "zod";
import { Build } from "../../src/api/objects/build.ts";
import { Builder } from "../../src/api/objects/builder.ts";
import { commitLabel } from "../../src/api/objects/group.ts";
import { BuilderPool } from "../../src/api/objects/pool.ts";
import { type Validation, validations } from "../../src/api/objects/validations.ts";

/** A column of `kubectl get`. The header is the name in capitals. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
}

/** Facts of a kind beyond its schema. */
export interface KindFacts {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  /** One or two sentences: the description of the kind, and the first paragraph of its reference page. */
  readonly description: string;
  readonly schema: z.ZodObject;
  readonly validations: readonly Validation[];
  /** Key fields of a list, by the path of the list. With keys, several writers can each apply their own items. */
  readonly listKeys: Readonly<Record<string, readonly string[]>>;
  readonly columns: readonly Column[];
  readonly selectable: readonly string[];
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath: string;
  };
}

const age: Column = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since the creation of the object.",
};

const builderPool: KindFacts = {
  kind: "BuilderPool",
  plural: "builderpools",
  singular: "builderpool",
  shortName: "bp",
  description:
    "A fleet of builders that test the pull requests of one or more repositories. People write only this kind. The operator creates everything else.",
  schema: BuilderPool,
  validations: validations.BuilderPool,
  listKeys: {
    "spec.checks": ["name"],
    "spec.cellSecrets": ["name"],
    "status.conditions": ["type"],
    "status.listings": ["repository", "branch"],
  },
  columns: [
    column("Desired", "integer", ".spec.instances", "Wanted builders in the cluster."),
    column("Outside", "integer", ".status.outside", "Outside hosts."),
    column("Ready", "integer", ".status.ready", "Ready builders."),
    column("Active", "integer", ".status.active", "Builders in the partition."),
    column("Updated", "integer", ".status.updated", "Builders with the current revision."),
    column("Building", "integer", ".status.building", "Builders with a running build."),
    column(
      "Queued",
      "integer",
      ".status.queued",
      "Waiting untested pull requests. Empty when GitHub could not be listed.",
    ),
    column("Oldest", "date", ".status.oldest", "Longest current wait of an untested pull request."),
    column("Silent", "boolean", ".spec.silent", "Whether the pool publishes nothing."),
    age,
  ],
  selectable: [],
  scale: {
    specReplicasPath: ".spec.instances",
    statusReplicasPath: ".status.instances",
    labelSelectorPath: ".status.selector",
  },
};

const builder: KindFacts = {
  kind: "Builder",
  plural: "builders",
  singular: "builder",
  shortName: "bldr",
  description:
    "One builder of a pool: a pod or an outside host. The operator writes spec, and the builder writes status.",
  schema: Builder,
  validations: validations.Builder,
  listKeys: {},
  columns: [
    column("Pool", "string", ".spec.pool", "Pool of the builder."),
    column("Index", "integer", ".spec.workerIndex", "Worker index in the partition."),
    column("Phase", "string", ".status.phase", "Phase of the builder."),
    column("Building", "string", ".status.building.build", "The running build."),
    column("Step", "string", ".status.step", "Step of the running build."),
    column("Since", "date", ".status.building.since", "Age of the running build."),
    column("Host", "string", ".status.host", "Host of the builder."),
  ],
  selectable: [".spec.pool"],
};

const build: KindFacts = {
  kind: "Build",
  plural: "builds",
  singular: "build",
  shortName: "bld",
  description:
    "One check of one open pull request: its queue entry, claim, verdicts and published status. It is deleted when the pull request is closed.",
  schema: Build,
  validations: validations.Build,
  listKeys: {},
  columns: [
    column("Check", "string", ".spec.check", "Check name."),
    column("Repository", "string", ".spec.repository", "Repository of the pull request."),
    column("PR", "integer", ".spec.number", "Number of the pull request."),
    column(
      "Commit",
      "string",
      `.metadata.labels.${commitLabel.replaceAll(".", "\\.")}`,
      "First digits of the head commit.",
    ),
    column("Phase", "string", ".status.phase", "Phase of the build."),
    column("Builder", "string", ".status.claim.builder", "Builder that holds the claim."),
    column("Verdict", "string", ".status.verdict.result", "Result of the last verdict."),
    column("Waiting", "date", ".spec.waitingSince", "Wait of the pull request so far."),
  ],
  selectable: [".spec.pool", ".spec.check", ".status.phase"],
};

/** The kinds that are installed in a cluster. Kubernetes defines Lease itself. */
export const generatedKinds: readonly KindFacts[] = [builderPool, builder, build];

function column(name: string, type: Column["type"], jsonPath: string, description: string): Column {
  return { name, type, jsonPath, description };
}
