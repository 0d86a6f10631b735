import { type Build, firstStatus, type Verdict } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { formatDuration, type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { awaitedRecoveryOf, isBarred } from "../build/retry.ts";
import { isClaimable, isHeld, isOpinion, isRecheck, isShadow, isWanted } from "../build/state.ts";
import { currentTrouble, pauseLeft } from "../build/trouble.ts";
import { activeBuildersOf, isActive } from "../partition/active.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { failedBuilderOf } from "../partition/avoid.ts";
import { anyone, withOverride } from "../partition/preference.ts";
import { mayBuild } from "../partition/restriction.ts";
import { isSilentBuilder } from "../partition/silence.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import { brokenBasesOf } from "../verdict/bases.ts";
import { flakyClauseOf } from "../verdict/flaky.ts";
import { olderBaseClauseOf, olderBaseOf } from "../verdict/olderBase.ts";
import { fairOrderOf, lastTurnOf } from "./order/fairness.ts";
import { compareWaiting } from "./order/priority.ts";
import { deferralOf, partitionViewOf, treeHolder } from "./partitionView.ts";
import { lowerFirstWord } from "./sentence.ts";

/** The objects context a Build that an explanation depends on. */
export interface ExplainInput {
  /** All Builds and Builders of the Build's pool. */
  readonly builds: readonly Build[];
  readonly builders: readonly Builder[];
  readonly partition: Pick<BuilderPoolSpec["partition"], "strategy" | "patience">;
  /** How groups of untested builds take turns. Without it the waiting time alone decides. */
  readonly fairness?: BuilderPoolSpec["fairness"];
  /** Whether the pool is silent. In a loud pool a silent builder answers nothing. */
  readonly isPoolSilent?: boolean;
  /** Wall clock of this host. */
  readonly now: Milliseconds;
}

/** The reason why the pull request is or is not built for the Build's check: one sentence without a full stop. */
export function explainBuild(build: Build, context: ExplainInput): string {
  const flaky = flakyClauseOf(build);
  return `${build.spec.check}: ${explain(build, context)}${flaky === undefined ? "" : `; ${flaky}`}`;
}

function explain(build: Build, context: ExplainInput): string {
  const { spec } = build;
  if (spec.shadow !== undefined) return shadowText(build, context.builders);
  if (spec.blocked !== undefined) return `not built (${spec.blocked.reason}): ${lowerFirstWord(spec.blocked.message)}`;
  if (isHeld(build)) return runningText(build, context.builders);
  if (!isWanted(build)) return testedText(build, context.builders);
  return `${waitingText(build, context)}${brokenBaseText(build, context)}`;
}

function waitingText(build: Build, context: ExplainInput): string {
  const { status } = build;
  const subject = subjectOf(build);
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

function subjectOf(build: Build): string {
  const { opinion, confirm } = build.spec;
  if (opinion?.kind === "Second") return `a second opinion on the red verdict of "${opinion.of}"`;
  if (opinion?.kind === "Withdrawn") return `the red verdict of "${opinion.of}" was withdrawn; a build`;
  if (confirm !== undefined && isOpinion(build))
    return `a confirmation of the verdict, because a canary of revision ${confirm.revision} disagrees,`;
  return isRecheck(build) ? "a recheck" : "untested; a build";
}

/** The base that alone cannot be built, unless the last failure has told it already. */
function brokenBaseText(build: Build, { builders }: ExplainInput): string {
  const told = currentTrouble(build)?.message ?? "";
  const broken = brokenBasesOf(builders).filter(({ checks }) => checks.includes(build.spec.check));
  return broken
    .map(({ message, since }) => {
      const time = `since ${since.slice(0, 16).replace("T", " ")} UTC`;
      return told.includes(message) ? `; the base is broken ${time}` : `; ${lowerFirstWord(message)}, ${time}`;
    })
    .join("");
}

function runningText({ spec, status }: Build, builders: readonly Builder[]): string {
  const claim = status?.claim;
  const note = builders.find(({ metadata }) => metadata.name === claim?.builder)?.status?.message;
  const step = status?.step === undefined ? "" : ` at step ${status.step}`;
  const stale = claim?.commit === spec.commit ? "" : "; it stops because of a new commit";
  const doing = note === undefined ? "" : ` (${lowerFirstWord(note)})`;
  return `${status?.phase === "Claimed" ? "claimed" : "being built"} by "${claim?.builder}" since ${claim?.since}${step}${doing}${stale}`;
}

function shadowText(build: Build, builders: readonly Builder[]): string {
  const { shadow, pool } = build.spec;
  const canary = builders.find(({ status }) => status?.canary === true && status.revision === shadow?.revision);
  const who =
    shadow?.pool === pool
      ? canary === undefined
        ? "silent builders repeat the build"
        : `the canary "${canary.metadata.name}" repeats the build`
      : `the silent pool repeats the build of "${shadow?.pool}"`;
  const { verdict } = build.status ?? {};
  const state = isHeld(build)
    ? runningText(build, builders)
    : verdict?.commit === build.spec.commit
      ? verdictText(verdict)
      : "not built yet";
  return `a shadow, never published: ${who}; ${state}`;
}

function testedText(build: Build, builders: readonly Builder[]): string {
  const { spec, status } = build;
  const verdict = status?.verdict;
  if (verdict?.commit !== spec.commit) return `tested before this pool listed it: ${spec.group} on GitHub`;
  const isUnpublished = !verdict.silent && !spec.silent && unreportedVerdict(build) !== undefined;
  const publication = verdict.silent
    ? ", in silent mode and not published"
    : isUnpublished
      ? ", not yet on GitHub"
      : "";
  const next =
    verdict.cause === undefined
      ? "rechecks follow until it is merged"
      : "a push or a person's request starts the next build";
  const isRed = verdict.result !== "Success" && verdict.result !== "Skipped";
  const link = isRed && verdict.log !== undefined ? `: ${verdict.log.url}` : "";
  const newer = olderBaseClauseOf(olderBaseOf(verdict, spec.check, builders));
  const base = newer === undefined ? "" : `; the base has moved since: ${newer}`;
  return `${verdictText(verdict)}${publication}${base}; ${next}${link}`;
}

function verdictText({ result, commit, builder, finishedAt, description }: Verdict): string {
  const words = description === "" ? "" : ` (${description})`;
  return `the verdict on ${commit.slice(0, 10)} was ${result}${words}, by "${builder}" at ${finishedAt}`;
}

function waitsFor(build: Build, context: ExplainInput): string {
  const { builds, builders, partition, isPoolSilent } = context;
  const names = activeBuildersOf(isPoolSilent === true ? builders : builders.filter((one) => !isSilentBuilder(one)));
  if (names.length === 0)
    return builders.some(isActive)
      ? "until a loud builder of the pool is Ready"
      : "until a builder of the pool is Ready";
  const builderOf = new Map(builders.map((one) => [one.metadata.name, one]));
  const owners = partition.strategy === "Modulo" ? ownersOf(build, context, names) : names;
  const allowed = owners.filter((name) => mayBuild(builderOf.get(name), build));
  if (owners.length === 0)
    return "for no builder: config/worker-index or config/workers-pool-size gives its commit to none";
  if (allowed.length === 0) return `for no builder: force-hashes limits ${listOf(owners, "and")} to other commits`;
  if (allowed.every((name) => isBarred(build, name)))
    return "until a builder that it broke is Ready again: it broke three builders, and no other may try";
  if (partition.strategy === "Modulo")
    return `for ${listOf(allowed, "or")}, the ${allowed.length === 1 ? "owner" : "owners"} of its commit`;
  return waitsForAny(build, context, { names, allowed, busy: new Set(builds.filter(isHeld).map(holderOf)) });
}

interface Takers {
  /** Names of the builders in the partition. */
  readonly names: readonly string[];
  /** The builders among them that `force-hashes` does not exclude. */
  readonly allowed: readonly string[];
  readonly busy: ReadonlySet<string | undefined>;
}

function waitsForAny(build: Build, context: ExplainInput, { names, allowed, busy }: Takers): string {
  const { partition, now } = context;
  const { check, number, requestedAt } = build.spec;
  const failed = failedBuilderOf(build);
  const mustMove = failed !== undefined && names.length > 1 && names.includes(failed);
  const takers = mustMove ? allowed.filter((name) => name !== failed) : allowed;
  if (takers.length === 0) return `for a builder other than "${failed}", which failed the commit`;
  const idle = takers.filter((name) => !busy.has(name));
  const holder = treeHolder(build, { active: new Set(names) });
  const patience = milliseconds(partition.patience);
  const left = requestedAt === undefined ? undefined : Date.parse(requestedAt) + patience - now;
  if (holder !== undefined && (left === undefined || left > 0)) {
    const others =
      left === undefined
        ? `after ${formatDuration(patience)} any idle builder may take it`
        : `in ${formatDuration(left)} any idle builder may take it`;
    if (!takers.includes(holder))
      return `for ${formatDuration(left ?? patience)}: "${holder}" has its warm tree, and force-hashes limits "${holder}" to other commits`;
    return `for "${holder}", the builder with its warm tree${takers.length > 1 ? `; ${others}` : ""}`;
  }
  const other = mustMove ? `; "${failed}" failed the commit, so another builder repeats it` : "";
  if (isRecheck(build) && !isOpinion(build) && idle.length > 0)
    return `until an idle builder draws it from the rechecks${other}`;
  if (idle.length === 0)
    return `for one of ${takers.length} Ready builders; ${takers.length === 1 ? "it is" : "all are"} busy${other}${aheadText(build, context)}`;
  return `for "${rendezvousWinner(check, number, idle)}", an idle builder${other}`;
}

/** The untested builds that an idle builder takes first, and the turn that put them there. */
function aheadText(build: Build, context: ExplainInput): string {
  if (isRecheck(build)) return "";
  const compare = fairOrderOf(context);
  const ahead = context.builds.filter(
    (one) => !isShadow(one) && !isRecheck(one) && isClaimable(one, context.now) && compare(one, build) < 0,
  );
  if (ahead.length === 0) return "";
  const fair = ahead.filter((one) => compareWaiting(one, build) > 0).length;
  const turn = lastTurnOf(build, context);
  const because =
    fair === 0 || turn === undefined ? "" : `, ${fair} in turn: "${turn.group}" had its turn at ${turn.at}`;
  return `; ${ahead.length} untested ${ahead.length === 1 ? "build goes" : "builds go"} first${because}`;
}

/** The builders that own the commit with the strategy Modulo, after all overrides, by the functions that choose. */
function ownersOf(build: Build, context: ExplainInput, names: readonly string[]): readonly string[] {
  const { builders, partition, now } = context;
  const { trouble: _, ...status } = build.status ?? firstStatus;
  const isPoolSilent = context.isPoolSilent ?? false;
  return names.filter((self, rank) => {
    const { partitionOverride } = builders.find(({ metadata }) => metadata.name === self)?.status ?? {};
    const view = { self, builds: [], builders, isPoolSilent, strategy: partition.strategy, now };
    const preference = withOverride(anyone, partitionOverride, rank);
    const patient = { ...view, preference, patience: milliseconds(partition.patience), waited: () => 0 };
    return Number.isFinite(deferralOf(patient, partitionViewOf(view), { ...build, status }));
  });
}

function holderOf({ status }: Build): string | undefined {
  return status?.claim?.builder;
}

function listOf(names: readonly string[], word: "and" | "or"): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(", ")} ${word} ${quoted.at(-1)}`;
}
