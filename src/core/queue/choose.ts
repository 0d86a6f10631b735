import type { Build } from "../../api/objects/build.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { formatDuration, type Milliseconds } from "../../api/values/duration.ts";
import { claimableIn, isHeld, isRecheck } from "../build/state.ts";
import { deferralOf, type PartitionView, partitionViewOf, type QueueView } from "./partitionView.ts";
import { compareWaiting } from "./priority.ts";

/** The build to claim now; or why there is none, as a sentence, and when to look again although nothing changes. */
export type Choice = { readonly build: Build } | { readonly idle: string; readonly again?: Milliseconds };

/** What choosing needs beside the view. */
export interface ChoiceInput {
  readonly recheck: Pick<BuilderPoolSpec["recheck"], "failedShare" | "maxShare">;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * What an idle builder builds next: the priority label first, then untested pull requests by waiting time, then one recheck.
 * To be asked again with fresh lists before every start, and after a claim that was refused. That the builder has no build
 * of its own and a fresh heartbeat is the caller's to know.
 */
export function chooseBuild(view: QueueView & ChoiceInput): Choice {
  const partition = partitionViewOf(view);
  if (partition.rank === -1) return { idle: `"${view.self}" is not Ready, so it starts nothing` };
  const offer = sortOut(view, partition);
  const build = offer.untested ?? drawRecheck(view, partition, offer);
  if (build !== undefined) return { build };
  const idle = whyIdle(view, partition, offer);
  return Number.isFinite(offer.again) ? { idle, again: offer.again } : { idle };
}

interface Offer {
  /** First in the order of those that are this builder's to take. */
  readonly untested: Build | undefined;
  readonly failed: readonly Build[];
  readonly succeeded: readonly Build[];
  /** Builds that are left to others, or pause, and the shortest time until one of them need not. */
  readonly left: number;
  readonly again: Milliseconds;
}

/** One pass. Whose turn it is costs hashes, so it is asked last, and only of a build that would come first. */
function sortOut(view: QueueView, partition: PartitionView): Offer {
  let untested: Build | undefined;
  const rechecks = { failed: [] as Build[], succeeded: [] as Build[] };
  let left = 0;
  let again = Number.POSITIVE_INFINITY;
  for (const build of view.builds) {
    const pause = claimableIn(build, view.now);
    if (pause === Number.POSITIVE_INFINITY) continue;
    const { group } = build.spec;
    if (group === "untested" && untested !== undefined && compareWaiting(untested, build) <= 0) continue;
    const wait = pause > 0 ? pause : deferralOf(view, partition, build);
    if (wait > 0) {
      left += 1;
      again = Math.min(again, wait);
    } else if (group === "untested") untested = build;
    else rechecks[group].push(build);
  }
  return { untested, ...rechecks, left, again };
}

/** A failed one with probability `failedShare`, else a succeeded one; among equals each is as likely as any other. */
function drawRecheck(
  view: QueueView & ChoiceInput,
  partition: PartitionView,
  { failed, succeeded }: Offer,
): Build | undefined {
  if (runningRechecks(view) >= recheckLimit(view, partition)) return undefined;
  const takesFailed = failed.length > 0 && (succeeded.length === 0 || view.random() < view.recheck.failedShare);
  const group = takesFailed ? failed : succeeded;
  return group[Math.floor(view.random() * group.length)];
}

function runningRechecks({ builds }: QueueView): number {
  return builds.filter((build) => isHeld(build) && isRecheck(build)).length;
}

/** A pool of one may recheck too, unless its share is 0. */
function recheckLimit({ recheck: { maxShare } }: ChoiceInput, partition: PartitionView): number {
  return maxShare === 0 ? 0 : Math.max(1, Math.floor(maxShare * partition.active.size));
}

function whyIdle(
  view: QueueView & ChoiceInput,
  partition: PartitionView,
  { failed, succeeded, left, again }: Offer,
): string {
  if (failed.length + succeeded.length > 0) {
    return `Rechecks wait: they take their share already, ${recheckLimit(view, partition)} of ${partition.active.size} Ready builders`;
  }
  if (left === 0) return "Nothing waits to be built";
  if (!Number.isFinite(again)) return `What waits belongs to other builders: ${left} in all`;
  const builds = left === 1 ? "One build is" : `${left} builds are`;
  return `${builds} waiting, for a warm tree, another builder's turn or the end of a pause; the next is free in ${formatDuration(again)}`;
}
