import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { isHeld } from "../build/state.ts";
import { currentTrouble } from "../build/trouble.ts";
import { activeBuildersOf } from "../partition/active.ts";
import type { Preference } from "../partition/preference.ts";

/** What one builder looks at when it wants to know which builds are for it. */
export interface QueueView {
  /** Name of the builder that asks. */
  readonly self: string;
  /** Builds and builders of its pool. */
  readonly builds: readonly Build[];
  readonly builders: readonly Builder[];
  readonly strategy: BuilderPoolSpec["partition"]["strategy"];
  readonly patience: Milliseconds;
  readonly preference: Preference;
  /** Since when this process has known that request of that build, by its own monotonic clock. */
  readonly waited: (build: Build) => Milliseconds;
  /** Wall clock of this host. */
  readonly now: Milliseconds;
}

/** The members of the pool as one of them sees them at this instant. */
export interface PartitionView {
  /** In the order of their ranks. */
  readonly active: ReadonlySet<string>;
  /** Rank of the one that asks; -1 when it is no member. */
  readonly rank: number;
  /** Members that hold no claim. */
  readonly idle: ReadonlySet<string>;
}

/** When several builders are idle, the one with the highest score goes first and the others give it this long. */
export const courtesy: Milliseconds = 3_000;

/** Who is a member and who of them is idle; by the claims, which tell sooner than the builders' own status. */
export function partitionViewOf({
  self,
  builders,
  builds,
}: Pick<QueueView, "self" | "builders" | "builds">): PartitionView {
  const names = activeBuildersOf(builders);
  const idle = new Set(names);
  for (const build of builds) {
    if (isHeld(build)) idle.delete(build.status?.claim?.builder ?? "");
  }
  return { active: new Set(names), rank: names.indexOf(self), idle };
}

/**
 * How long a member must still leave a claimable build to others: 0 when it is its turn, Infinity when the build is never its
 * own. With affinity the builder that holds the warm tree comes first, when it is busy one that has an older tree of it, and
 * after `patience` whoever is idle; where nobody holds a tree whoever is idle at once. With modulo the owner, and nobody else.
 */
export function deferralOf(view: QueueView, partition: PartitionView, build: Build): Milliseconds {
  const { self, preference, strategy, patience, now } = view;
  const { check, commit, number } = build.spec;
  if (strategy === "Modulo") {
    return preference.ownerRank(check, commit, partition.active.size) === partition.rank ? 0 : Number.POSITIVE_INFINITY;
  }
  const failedAt = failedHere(build, self);
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

/** The member whose tree is warm for a build; one that just failed at it for reasons of its own is passed over. */
export function treeHolder(build: Build, { active: names }: Pick<PartitionView, "active">): string | undefined {
  const tree = build.status?.tree;
  if (tree === undefined || !names.has(tree) || failedHere(build, tree) !== undefined) return undefined;
  return tree;
}

/** Building on a tree of an earlier commit is warm too: most of it is the same. */
function hasOlderTree({ status }: Build, builder: string): boolean {
  return status?.verdict?.builder === builder || (status?.history ?? []).some((verdict) => verdict.builder === builder);
}

/** The end of the pause after the last attempt, if it failed on that builder: by that builder's own clock. */
function failedHere(build: Build, builder: string): Milliseconds | undefined {
  const trouble = currentTrouble(build);
  if (trouble?.notBefore === undefined || trouble.builder !== builder) return undefined;
  return Date.parse(trouble.notBefore);
}
