import type { Build } from "../../api/objects/build.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { formatDuration, type Milliseconds } from "../../api/values/duration.ts";
import { yieldsTurn } from "../build/retry.ts";
import { claimableIn, isHeld, isOpinion, isRecheck, isShadow } from "../build/state.ts";
import { type Company, companyOf } from "../partition/silence.ts";
import { fairOrderOf } from "./order/fairness.ts";
import { deferralOf, type PartitionView, partitionViewOf, type QueueView } from "./partitionView.ts";
import { chooseShadow } from "./shadows/chooseShadow.ts";

/**
 * The build to claim now, or the reason for idling, as a sentence. `again` is the time until the next choice can differ
 * although no object changes.
 */
export type Choice = { readonly build: Build } | { readonly idle: string; readonly again?: Milliseconds };

/** The reason for idling without any work. */
export const nothingWaits = "No build waits";

/** The input of a choice besides the queue view. */
export interface ChoiceInput {
  readonly recheck: Pick<BuilderPoolSpec["recheck"], "failedShare" | "maxShare">;
  /** Random numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * The next build of an idle builder: another opinion on a verdict, then builds with the priority label, then
 * untested builds by fair turns and waiting time, then one recheck, then the newest shadow. A build that broke this
 * builder leaves the next turn to other untested builds. Call this with fresh lists before every claim and after every
 * refused claim. The caller makes sure that the builder has no build and a fresh heartbeat.
 */
export function chooseBuild(view: QueueView & ChoiceInput): Choice {
  const partition = partitionViewOf(view);
  if (partition.rank === -1) return { idle: `"${view.self}" is not Ready, so it starts nothing` };
  const company = companyOf(view);
  const offer = offerOf(view, partition, company);
  // A builder that checks itself, on fresh trees, must not keep pull requests waiting.
  const [opinion, ownOpinion] =
    offer.opinion?.spec.opinion?.of === view.self ? [undefined, offer.opinion] : [offer.opinion, undefined];
  const build =
    opinion ?? offer.untested ?? ownOpinion ?? drawRecheck(view, partition, offer) ?? chooseShadow(view, company);
  if (build !== undefined) return { build };
  const idle = idleReason(view, partition, offer);
  return Number.isFinite(offer.again) ? { idle, again: offer.again } : { idle };
}

/** The claimable builds, seen by one builder. */
interface Offer {
  /** The untested build with the highest priority among the builds that this builder may take now. */
  readonly untested: Build | undefined;
  /** A verdict that needs another opinion. Until then a builder gives no further red verdict, or a rollout waits. */
  readonly opinion: Build | undefined;
  readonly failed: readonly Build[];
  readonly succeeded: readonly Build[];
  /**
   * Number of builds that pause or are left to other builders, and the shortest time until this builder may take one.
   */
  readonly left: number;
  readonly again: Milliseconds;
}

/**
 * One pass over all builds. Deferral costs hashes, so it is computed last and not for untested builds of lower
 * priority.
 */
function offerOf(view: QueueView, partition: PartitionView, company: Company): Offer {
  let untested: Build | undefined;
  let yielding: Build | undefined;
  let opinion: Build | undefined;
  const rechecks = { failed: [] as Build[], succeeded: [] as Build[] };
  let left = 0;
  let again = Number.POSITIVE_INFINITY;
  const compare = fairOrderOf(view);
  for (const build of view.builds) {
    const pause = claimableIn(build, view.now);
    if (pause === Number.POSITIVE_INFINITY || !company.mayClaim(build)) continue;
    if (isShadow(build)) {
      if (pause > 0) again = Math.min(again, pause);
      continue;
    }
    const { group } = build.spec;
    if (group === "untested" && untested !== undefined && compare(untested, build) <= 0) continue;
    const wait = pause > 0 ? pause : deferralOf(view, partition, build);
    if (wait > 0) {
      left += 1;
      again = Math.min(again, wait);
    } else if (group === "untested" && yieldsTurn(build, view.self, view.builders)) {
      if (yielding === undefined || compare(build, yielding) < 0) yielding = build;
    } else if (group === "untested") untested = build;
    else if (isOpinion(build)) opinion ??= build;
    else rechecks[group].push(build);
  }
  return { untested: untested ?? yielding, opinion, ...rechecks, left, again };
}

/** A random failed build with probability `failedShare`, else a random succeeded one, uniformly within the group. */
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

/** The most rechecks at a time. At least 1, so that a pool of one builder rechecks too, unless `maxShare` is 0. */
function recheckLimit({ recheck: { maxShare } }: ChoiceInput, partition: PartitionView): number {
  return maxShare === 0 ? 0 : Math.max(1, Math.floor(maxShare * partition.active.size));
}

function idleReason(
  view: QueueView & ChoiceInput,
  partition: PartitionView,
  { failed, succeeded, left, again }: Offer,
): string {
  if (failed.length + succeeded.length > 0) {
    return `Rechecks wait: the limit is ${recheckLimit(view, partition)} at a time for ${partition.active.size} Ready builders`;
  }
  if (left === 0) return nothingWaits;
  if (!Number.isFinite(again)) return `All waiting builds belong to other builders: ${left} in total`;
  const builds = left === 1 ? "One build waits" : `${left} builds wait`;
  return `${builds} for a preferred builder or the end of a pause; the next is free in ${formatDuration(again)}`;
}
