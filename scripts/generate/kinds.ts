import type { z } from "zod";
import { Build } from "../../src/api/objects/build.ts";
import { Builder } from "../../src/api/objects/builder.ts";
import { BuilderPool } from "../../src/api/objects/pool.ts";
import { type Validation, validations } from "../../src/api/objects/validations.ts";

/** A column of `kubectl get`; the header is the name in capitals. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
}

/** What a definition says besides the schema. */
export interface KindFacts {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  /** One or two sentences: the description of the kind, and the head of its reference page. */
  readonly description: string;
  readonly schema: z.ZodObject;
  readonly validations: readonly Validation[];
  /** Lists whose items have a name of their own, so that several writers can each apply theirs. */
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
  description: "Time since the object was created",
};

const builderPool: KindFacts = {
  kind: "BuilderPool",
  plural: "builderpools",
  singular: "builderpool",
  shortName: "bp",
  description:
    "A fleet of builders that test the pull requests of one or more repositories. This is what people write; everything else follows from it.",
  schema: BuilderPool,
  validations: validations.BuilderPool,
  listKeys: {
    "spec.checks": ["name"],
    "spec.cellSecrets": ["name"],
    "status.conditions": ["type"],
    "status.listings": ["repository", "branch"],
  },
  columns: [
    column("Desired", "integer", ".spec.instances", "Builders that should exist"),
    column("Ready", "integer", ".status.ready", "Builders that are warm"),
    column("Active", "integer", ".status.active", "Builders in the partition"),
    column("Updated", "integer", ".status.updated", "Builders at the current revision"),
    column("Building", "integer", ".status.building", "Builders with a running build"),
    column(
      "Queued",
      "integer",
      ".status.queued",
      "Untested pull requests that wait; empty when GitHub could not be listed",
    ),
    column("Oldest", "date", ".status.oldest", "How long the oldest of them has waited"),
    column("Silent", "boolean", ".spec.silent", "Whether the pool publishes nothing"),
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
  description: "One builder of a pool, a pod or an outside host. The operator writes spec, the builder writes status.",
  schema: Builder,
  validations: validations.Builder,
  listKeys: {},
  columns: [
    column("Pool", "string", ".spec.pool", "Pool it belongs to"),
    column("Index", "integer", ".spec.workerIndex", "Worker index in the partition"),
    column("Phase", "string", ".status.phase", "Where it is in its life"),
    column("Building", "string", ".status.building.build", "The running build"),
    column("Step", "string", ".status.step", "Step of the running build"),
    column("Since", "date", ".status.building.since", "How long that build has run"),
    column("Host", "string", ".status.host", "Host it runs on"),
  ],
  selectable: [".spec.pool"],
};

const build: KindFacts = {
  kind: "Build",
  plural: "builds",
  singular: "build",
  shortName: "bld",
  description:
    "One check of one open pull request: its place in the queue, who builds it, the verdicts so far and what GitHub was told. It goes when the pull request is closed.",
  schema: Build,
  validations: validations.Build,
  listKeys: {},
  columns: [
    column("Check", "string", ".spec.check", "Check name"),
    column("PR", "integer", ".spec.number", "Pull request"),
    column("Commit", "string", ".spec.commit", "Head commit"),
    column("Phase", "string", ".status.phase", "Queued, Claimed, Running or Done"),
    column("Builder", "string", ".status.claim.builder", "Builder that holds it"),
    column("Verdict", "string", ".status.verdict.result", "Last verdict"),
    column("Waiting", "date", ".spec.waitingSince", "How long the pull request has waited"),
  ],
  selectable: [".spec.pool", ".spec.check", ".status.phase"],
};

/** The kinds that are installed in a cluster; Lease is Kubernetes' own. */
export const generatedKinds: readonly KindFacts[] = [builderPool, builder, build];

function column(name: string, type: Column["type"], jsonPath: string, description: string): Column {
  return { name, type, jsonPath, description };
}
