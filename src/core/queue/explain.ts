import type { Build, Verdict } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { formatDuration, type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { awaitedRecoveryOf } from "../build/retry.ts";
import { isHeld, isRecheck, isWanted } from "../build/state.ts";
import { currentTrouble, pauseLeft } from "../build/trouble.ts";
import { activeBuildersOf } from "../partition/active.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { ownerOfCommit } from "../partition/modulo.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import { treeHolder } from "./partitionView.ts";
import { lowerFirstWord } from "./sentence.ts";

/** The objects context a Build that an explanation depends on. */
export interface ExplainInput {
  /** All Builds and Builders of the Build's pool. */
  readonly builds: readonly Build[];
  readonly builders: readonly Builder[];
  readonly partition: Pick<BuilderPoolSpec["partition"], "strategy" | "patience">;
  /** Wall clock of this host. */
  readonly now: Milliseconds;
}

/** The reason why the pull request is or is not built for the Build's check: one sentence without a full stop. */
export function explainBuild(build: Build, context: ExplainInput): string {
  return `${build.spec.check}: ${explain(build, context)}`;
}

function explain(build: Build, context: ExplainInput): string {
  const { spec, status } = build;
  if (spec.blocked !== undefined) return `not built (${spec.blocked.reason}): ${lowerFirstWord(spec.blocked.message)}`;
  if (isHeld(build)) return runningText(build);
  if (!isWanted(build)) return testedText(build);
  const subject = isRecheck(build) ? "a recheck" : "untested; a build";
  const trouble = currentTrouble(build);
  const pause = pauseLeft(build, context.now);
  const after = trouble === undefined ? "" : ` after ${trouble.reason} on "${trouble.builder}" (${trouble.message})`;
  if (pause > 0) return `${subject} is retried in ${formatDuration(pause)}${after}`;
  const awaited = awaitedRecoveryOf(build, context.builders, context.now);
  if (awaited !== undefined) {
    const { builder, left } = awaited;
    return `${subject} waits until "${builder}" has built something else, at most ${formatDuration(left)}${after}`;
  }
  return `${subject} waits ${waitsFor(build, context)}${after}${status?.verdict === undefined ? "" : `; ${verdictText(status.verdict)}`}`;
}

function runningText({ spec, status }: Build): string {
  const claim = status?.claim;
  const step = status?.step === undefined ? "" : ` at step ${status.step}`;
  const stale = claim?.commit === spec.commit ? "" : "; it stops because of a new commit";
  return `${status?.phase === "Claimed" ? "claimed" : "being built"} by "${claim?.builder}" since ${claim?.since}${step}${stale}`;
}

function testedText(build: Build): string {
  const { spec, status } = build;
  const verdict = status?.verdict;
  if (verdict?.commit !== spec.commit) return `tested before this pool listed it: ${spec.group} on GitHub`;
  const isUnpublished = !verdict.silent && !spec.silent && unreportedVerdict(build) !== undefined;
  const publication = verdict.silent
    ? ", in silent mode and not published"
    : isUnpublished
      ? ", not yet on GitHub"
      : "";
  return `${verdictText(verdict)}${publication}; ${verdict.cause === undefined ? "rechecks follow until it is merged" : "a push or a person's request starts the next build"}`;
}

function verdictText({ result, commit, builder, finishedAt, description }: Verdict): string {
  const words = description === "" ? "" : ` (${description})`;
  return `the verdict on ${commit.slice(0, 10)} was ${result}${words}, by "${builder}" at ${finishedAt}`;
}

function waitsFor(build: Build, { builds, builders, partition }: ExplainInput): string {
  const names = activeBuildersOf(builders);
  const { check, number, commit } = build.spec;
  if (names.length === 0) return "until a builder of the pool is Ready";
  if (partition.strategy === "Modulo")
    return `for "${names[ownerOfCommit(check, commit, names.length)]}", the owner of its commit`;
  const busy = new Set(builds.filter(isHeld).map(({ status }) => status?.claim?.builder));
  const idle = names.filter((name) => !busy.has(name));
  const holder = treeHolder(build, { active: new Set(names) });
  if (holder !== undefined) {
    const patience = formatDuration(milliseconds(partition.patience));
    return `for "${holder}", the builder with its warm tree; after ${patience} any idle builder may take it`;
  }
  if (isRecheck(build) && idle.length > 0) return "until an idle builder draws it from the rechecks";
  if (idle.length === 0) return `for one of ${names.length} Ready builders; all are busy`;
  return `for "${rendezvousWinner(check, number, idle)}", an idle builder`;
}
