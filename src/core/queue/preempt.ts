import type { Build } from "../../api/objects/build.ts";
import { isClaimable, isHeld, isRecheck } from "../build/state.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { deferralOf, type PartitionView, partitionViewOf, type QueueView, treeHolder } from "./partitionView.ts";
import { compareWaiting } from "./priority.ts";

/**
 * Why the recheck this builder runs should give way, as a sentence; undefined when it should not. Towards untested work a
 * builder that runs a recheck is as good as idle: it gives way at once to a pull request whose tree it holds and, while nobody
 * is idle, to any other it could claim. Then, of several builders with rechecks, the one with the highest score gives way.
 */
export function shouldPreempt(view: QueueView): string | undefined {
  const runners = new Set(view.builds.filter((build) => isHeld(build) && isRecheck(build)).map(holderOf));
  const partition = partitionViewOf(view);
  if (!runners.has(view.self) || partition.rank === -1) return undefined;
  const next = view.builds
    .filter((build) => !isRecheck(build) && isClaimable(build, view.now) && givesWay(view, partition, runners, build))
    .reduce<Build | undefined>((a, b) => (a === undefined || compareWaiting(b, a) < 0 ? b : a), undefined);
  if (next === undefined) return undefined;
  const { check, repository, number } = next.spec;
  return `The recheck gives way to ${check} of ${repository}#${number}, which is untested`;
}

function givesWay(view: QueueView, partition: PartitionView, runners: ReadonlySet<string>, build: Build): boolean {
  if (deferralOf(view, partition, build) > 0) return false;
  if (view.strategy === "Modulo" || treeHolder(build, partition) === view.self) return true;
  const takers = [...runners].filter((name) => partition.active.has(name));
  return partition.idle.size === 0 && rendezvousWinner(build.spec.check, build.spec.number, takers) === view.self;
}

function holderOf(build: Build): string {
  return build.status?.claim?.builder ?? "";
}
