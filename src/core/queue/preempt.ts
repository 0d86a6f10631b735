import type { Build } from "../../api/objects/build.ts";
import { isClaimable, isHeld, isRecheck, titleOf } from "../build/state.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { deferralOf, type PartitionView, partitionViewOf, type QueueView, treeHolder } from "./partitionView.ts";
import { compareWaiting } from "./priority.ts";

/**
 * The reason to preempt the recheck that this builder runs, as a sentence; undefined if the recheck continues. An
 * untested pull request preempts at once the recheck on the builder that holds its warm tree. While no builder is idle,
 * it also preempts a recheck on any builder that could claim it. Among several such builders, the builder with the
 * highest score is preempted.
 */
export function shouldPreempt(view: QueueView): string | undefined {
  const runners = new Set(view.builds.filter((build) => isHeld(build) && isRecheck(build)).map(holderOf));
  const partition = partitionViewOf(view);
  if (!runners.has(view.self) || partition.rank === -1) return undefined;
  const next = view.builds
    .filter(
      (build) => !isRecheck(build) && isClaimable(build, view.now) && isPreemptedBy(view, partition, runners, build),
    )
    .reduce<Build | undefined>((a, b) => (a === undefined || compareWaiting(b, a) < 0 ? b : a), undefined);
  if (next === undefined) return undefined;
  return `The recheck was preempted: ${titleOf(next)} is untested`;
}

function isPreemptedBy(view: QueueView, partition: PartitionView, runners: ReadonlySet<string>, build: Build): boolean {
  if (deferralOf(view, partition, build) > 0) return false;
  if (view.strategy === "Modulo" || treeHolder(build, partition) === view.self) return true;
  const takers = [...runners].filter((name) => partition.active.has(name));
  return partition.idle.size === 0 && rendezvousWinner(build.spec.check, build.spec.number, takers) === view.self;
}

function holderOf(build: Build): string {
  return build.status?.claim?.builder ?? "";
}
