import type { Build } from "../../api/objects/build.ts";
import { isClaimable, isHeld, isOpinion, isRecheck, isShadow, titleOf } from "../build/state.ts";
import { activeBuildersOf } from "../partition/active.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { companyOf, yieldsToLoud } from "../partition/silence.ts";
import { fairOrderOf } from "./order/fairness.ts";
import { deferralOf, type PartitionView, partitionViewOf, type QueueView, treeHolder } from "./partitionView.ts";

/**
 * The reason to preempt the recheck or shadow that this builder runs, as a sentence; undefined if it continues. An
 * untested pull request preempts at once the recheck on the builder that holds its warm tree. While no builder is idle,
 * it also preempts a recheck on any builder that could claim it. Among several such builders, the builder with the
 * highest score is preempted.
 */
export function shouldPreempt(view: QueueView): string | undefined {
  const runners = new Set(view.builds.filter((build) => isHeld(build) && isPreemptible(build)).map(holderOf));
  const partition = partitionViewOf(view);
  if (!runners.has(view.self) || partition.rank === -1) return undefined;
  const company = companyOf(view);
  const compare = fairOrderOf(view);
  const next = view.builds
    .filter(
      (build) =>
        !isRecheck(build) &&
        !isShadow(build) &&
        company.mayClaim(build) &&
        isClaimable(build, view.now) &&
        isPreemptedBy(view, partition, runners, build),
    )
    .reduce<Build | undefined>((a, b) => (a === undefined || compare(b, a) < 0 ? b : a), undefined);
  if (next === undefined) return undefined;
  const runs = view.builds.some((build) => isShadow(build) && isHeld(build) && holderOf(build) === view.self);
  return `The ${runs ? "shadow" : "recheck"} was preempted: ${titleOf(next)} is untested`;
}

/** The reason for a silent builder to give a loud build up; undefined if it may finish. */
export function shouldYield(view: QueueView, build: Build): string | undefined {
  const idle = new Set(activeBuildersOf(view.builders));
  for (const held of view.builds.filter(isHeld)) idle.delete(holderOf(held));
  if (!yieldsToLoud(build, { ...view, idle })) return undefined;
  return `"${view.self}" is silent now, so it leaves ${titleOf(build)} to an idle loud builder`;
}

/** Other work depends on an opinion, so nothing preempts it. */
function isPreemptible(build: Build): boolean {
  return isShadow(build) || (isRecheck(build) && !isOpinion(build));
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
