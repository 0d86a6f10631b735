import type { Build, Verdict } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { formatDuration, type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { isHeld, isRecheck, isWanted } from "../build/state.ts";
import { currentTrouble, pauseLeft } from "../build/trouble.ts";
import { activeBuildersOf } from "../partition/active.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { ownerOfCommit } from "../partition/modulo.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import { treeHolder } from "./partitionView.ts";
import { continued } from "./sentence.ts";

/** What explaining looks at, beside the Build. */
export interface ExplainInput {
  /** Builds and builders of the Build's pool. */
  readonly builds: readonly Build[];
  readonly builders: readonly Builder[];
  readonly partition: Pick<BuilderPoolSpec["partition"], "strategy" | "patience">;
  /** Wall clock of this host. */
  readonly now: Milliseconds;
}

/** Why the pull request is, or is not, built for the Build's check: one sentence, no full stop. */
export function explainBuild(build: Build, around: ExplainInput): string {
  return `${build.spec.check}: ${explain(build, around)}`;
}

function explain(build: Build, around: ExplainInput): string {
  const { spec, status } = build;
  if (spec.blocked !== undefined) return `not built (${spec.blocked.reason}): ${continued(spec.blocked.message)}`;
  if (isHeld(build)) return running(build);
  if (!isWanted(build)) return tested(build);
  const what = isRecheck(build) ? "a recheck" : "untested, and a build";
  const trouble = currentTrouble(build);
  const pause = pauseLeft(build, around.now);
  const after = trouble === undefined ? "" : ` after ${trouble.reason} on "${trouble.builder}" (${trouble.message})`;
  if (pause > 0) return `${what} is tried again in ${formatDuration(pause)}${after}`;
  return `${what} waits ${waitsFor(build, around)}${after}${status?.verdict === undefined ? "" : `; ${before(status.verdict)}`}`;
}

function running({ spec, status }: Build): string {
  const claim = status?.claim;
  const step = status?.step === undefined ? "" : `, at the step ${status.step}`;
  const stale = claim?.commit === spec.commit ? "" : "; it stops, because there is a new commit";
  return `${status?.phase === "Claimed" ? "claimed" : "being built"} by "${claim?.builder}" since ${claim?.since}${step}${stale}`;
}

function tested(build: Build): string {
  const { spec, status } = build;
  const verdict = status?.verdict;
  if (verdict?.commit !== spec.commit) return `tested before this pool looked at it: ${spec.group} on GitHub`;
  const isUnknown = !verdict.silent && !spec.silent && unreportedVerdict(build) !== undefined;
  const unseen = verdict.silent
    ? ", in silence: nothing is published"
    : isUnknown
      ? ", which GitHub does not have yet"
      : "";
  return `${before(verdict)}${unseen}; it is tested again until it is merged`;
}

function before({ result, commit, builder, finishedAt, description }: Verdict): string {
  const words = description === "" ? "" : ` (${description})`;
  return `the verdict on ${commit.slice(0, 10)} was ${result}${words}, by "${builder}" at ${finishedAt}`;
}

function waitsFor(build: Build, { builds, builders, partition }: ExplainInput): string {
  const names = activeBuildersOf(builders);
  const { check, number, commit } = build.spec;
  if (names.length === 0) return "until a builder of the pool is Ready";
  if (partition.strategy === "Modulo")
    return `for "${names[ownerOfCommit(check, commit, names.length)]}", which owns it`;
  const busy = new Set(builds.filter(isHeld).map(({ status }) => status?.claim?.builder));
  const idle = names.filter((name) => !busy.has(name));
  const holder = treeHolder(build, { active: new Set(names) });
  if (holder !== undefined) {
    const patience = formatDuration(milliseconds(partition.patience));
    return `for "${holder}", which holds its warm tree; after ${patience} for whoever is idle`;
  }
  if (isRecheck(build) && idle.length > 0) return "for its turn among the rechecks";
  if (idle.length === 0) return `for one of ${names.length} Ready builders, which are all busy`;
  return `for "${rendezvousWinner(check, number, idle)}", which is idle`;
}
