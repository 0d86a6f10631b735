import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { retryHoldOf } from "../build/retry.ts";
import { isHeld, isRecheck } from "../build/state.ts";
import { currentTrouble } from "../build/trouble.ts";
import { activeBuildersOf, isActive } from "../partition/active.ts";
import { failedBuilderOf } from "../partition/avoid.ts";
import type { Preference } from "../partition/preference.ts";
import { mayBuild } from "../partition/restriction.ts";
import { companyOf, type SilenceView } from "../partition/silence.ts";

/** The queue, seen by one builder. */
export interface QueueView extends SilenceView {
  /** All Builds of the pool. */
  readonly builds: readonly Build[];
  readonly strategy: BuilderPoolSpec["partition"]["strategy"];
  readonly patience: Milliseconds;
  /** How groups of untested builds take turns. Without it the waiting time alone decides. */
  readonly fairness?: BuilderPoolSpec["fairness"];
  readonly preference: Preference;
  /** The time since this process first saw the current request of a build, by its own monotonic clock. */
  readonly waited: (build: Build) => Milliseconds;
  /** Wall clock of this host. */
  readonly now: Milliseconds;
}

/** The members of the pool, seen by one member at this instant. */
export interface PartitionView {
  /** The names of all members, sorted by rank. */
  readonly active: ReadonlySet<string>;
  /** The rank of this builder; -1 if it is not a member. */
  readonly rank: number;
  /** The members without a claim. */
  readonly idle: ReadonlySet<string>;
  /** The builders whose failures and recoveries count. An active builder on the other side of silence does not. */
  readonly witnesses: readonly Builder[];
  /** The members that `force-hashes` limits, usually none. */
  readonly restricted: readonly Builder[];
}

/** With several idle builders, the builder with the highest score goes first. The others wait this long for it. */
export const courtesy: Milliseconds = 3_000;

/**
 * The members and the idle members. A member with a claim is busy: claims are more current than the builders' status.
 */
export function partitionViewOf({
  builds,
  ...view
}: Pick<QueueView, "self" | "builders" | "builds" | "isPoolSilent">): PartitionView {
  const company = companyOf(view).builders;
  const shared = new Set(company);
  const names = activeBuildersOf(company);
  const idle = new Set(names);
  for (const build of builds) {
    if (isHeld(build)) idle.delete(build.status?.claim?.builder ?? "");
  }
  const witnesses =
    company === view.builders ? company : view.builders.filter((one) => shared.has(one) || !isActive(one));
  const active = new Set(names);
  const restricted = company.filter(
    ({ metadata, status }) => status?.forced !== undefined && active.has(metadata.name),
  );
  return { active, rank: names.indexOf(view.self), idle, witnesses, restricted };
}

/**
 * The time that this member must still leave a claimable build to others: 0 if it may claim now, Infinity if it never
 * may.
 *
 * - With affinity, the builder with the warm tree comes first. If it is busy, a builder with an older tree follows at
 *   once. Any idle builder follows after `patience`, or at once if there is no tree.
 * - With modulo, only the owner may claim.
 * - The builder that failed a commit leaves its recheck to another member that may build it. A rebuild that a person
 *   asked for returns after `patience`.
 * - A build that broke builders also waits for their recovery.
 */
export function deferralOf(view: QueueView, partition: PartitionView, build: Build): Milliseconds {
  const { self, preference, strategy, patience, now } = view;
  const { check, number } = build.spec;
  const hold = retryHoldOf(build, {
    ...view,
    builders: partition.witnesses,
    isShared: strategy !== "Modulo",
  });
  if (hold > 0) return hold;
  if (strategy === "Modulo")
    return moduloRankOf(build, partition, preference) === partition.rank ? 0 : Number.POSITIVE_INFINITY;
  if (partition.active.has(self) && failedBuilderOf(build) === self && hasOther(partition, self, build)) {
    return isRecheck(build) || build.spec.opinion !== undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, patience + courtesy - view.waited(build));
  }
  const failedAt = pauseEndOn(build, self);
  if (failedAt !== undefined && partition.active.size > 1) return Math.max(0, failedAt + patience - now);
  const holder = treeHolder(build, partition);
  if (holder === self) return 0;
  const waited = view.waited(build);
  if (holder !== undefined && hasOlderTree(build, self)) {
    return partition.idle.has(holder) ? Math.max(0, courtesy - waited) : 0;
  }
  const left = (holder === undefined ? 0 : patience) - waited;
  if (left > 0) return left;
  if (left + courtesy <= 0) return 0;
  return preference.isOutscored(check, number, partition.idle) ? left + courtesy : 0;
}

/**
 * The rank of the member that claims a build with modulo: the owner of its commit. After a red verdict of the owner the
 * next member repeats the build.
 */
export function moduloRankOf(
  build: Build,
  { active }: Pick<PartitionView, "active">,
  { ownerRank }: Pick<Preference, "ownerRank">,
): number {
  const owner = ownerRank(build.spec.check, build.spec.commit, active.size);
  const failed = failedBuilderOf(build);
  const mustMove = failed !== undefined && active.size > 1 && [...active][owner] === failed;
  return mustMove ? (owner + 1) % active.size : owner;
}

/** Whether another member than `name` may build the commit. */
function hasOther({ active, restricted }: PartitionView, name: string, build: Build): boolean {
  const barred = restricted.filter((one) => one.metadata.name !== name && !mayBuild(one, build)).length;
  return active.size - barred > 1;
}

/** The member with a warm tree for a build, unless its last attempt failed there for an infrastructure reason. */
export function treeHolder(build: Build, { active: names }: Pick<PartitionView, "active">): string | undefined {
  const tree = build.status?.tree;
  if (tree === undefined || !names.has(tree) || pauseEndOn(build, tree) !== undefined) return undefined;
  if (tree === failedBuilderOf(build) && names.size > 1) return undefined;
  return tree;
}

/** A tree of an earlier commit is warm too, because most of it is the same. */
function hasOlderTree({ status }: Build, builder: string): boolean {
  if (status?.olderTrees?.includes(builder) === true) return true;
  return status?.verdict?.builder === builder || (status?.history ?? []).some((verdict) => verdict.builder === builder);
}

/** The end of the pause if the last attempt failed on this builder, by that builder's own clock. */
function pauseEndOn(build: Build, builder: string): Milliseconds | undefined {
  const trouble = currentTrouble(build);
  if (trouble?.notBefore === undefined || trouble.builder !== builder) return undefined;
  return Date.parse(trouble.notBefore);
}
