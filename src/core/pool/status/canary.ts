import { isServing } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { isOnTrial } from "../rollout/canary.ts";
import type { Rollout } from "../rollout/rollout.ts";
import type { Finding } from "./summary.ts";

/** The progress of a trial, as the finding of Progressing; undefined if no trial holds the rollout back. */
export function canaryProgressOf(
  { pool, members, trials = [] }: ObservedPool,
  { canary, target }: Rollout,
  progress: string,
): Finding | undefined {
  if (canary?.hold === undefined) return undefined;
  const { agreed, revision, since } = canary.record;
  const names = members
    .filter(({ ordinal = -1, pod }) => canary.ordinals.has(ordinal) && pod?.revision === target)
    .map(({ name }) => `"${name}"`);
  const verdicts = `${agreed.length} of ${pool.spec.update.canary?.agree} verdicts agree`;
  const state =
    names.length === 0
      ? "the first builders are updated as canaries"
      : since === undefined
        ? `${names.join(", ")} warms up as a canary`
        : `the canary ${names.join(", ")} builds shadows, ${verdicts}`;
  const doubts = trials.filter((one) => one.revision === revision && one.outcome === "Differs").length;
  const doubted = doubts === 0 ? "" : `, ${doubts} of another result (built once more)`;
  const hasLoud = members.some((member) => isServing(member) && !isOnTrial(member, canary));
  const alone = hasLoud
    ? ""
    : "; no loud builder is ready to compare with: without spec.update.canary the rollout continues";
  return {
    status: "True",
    reason: "CanaryRunning",
    message: `${progress}; ${state}${doubted}${alone}`,
  };
}

/** The finding of Stalled for a trial that stops the rollout; undefined if the trial does not. */
export function canaryStallOf({ pool }: ObservedPool, { canary, previous }: Rollout): Finding | undefined {
  if (canary?.hold === "Disagreed") {
    const message =
      `${disagreementsOf(canary)}; the other builders keep working; correct the spec, ` +
      `revert it to return to ${previous}, or remove spec.update.canary to continue`;
    return { status: "True", reason: "CanaryDisagrees", message };
  }
  if (canary?.hold !== "TimedOut") return undefined;
  const { agree, timeout } = pool.spec.update.canary ?? {};
  const { revision, agreed } = canary.record;
  const message =
    `Only ${agreed.length} of ${agree} verdicts of revision ${revision} agree after ${timeout}; the canary stays ` +
    `silent, and the rollout continues when ${agree} agree; lower spec.update.canary.agree, remove ` +
    `spec.update.canary to continue at once, or revert the spec to return to ${previous}`;
  return { status: "True", reason: "CanaryTimeout", message };
}

/** The confirmed disagreements of a trial with both links: the first one, and the number of others. */
export function disagreementsOf({ record: { revision, disagreements = [] } }: NonNullable<Rollout["canary"]>): string {
  const [first, ...others] = disagreements;
  if (first === undefined) return `Revision ${revision} disagrees with the loud builders`;
  const { check, repository, number, commit, result, url, otherResult, otherUrl } = first;
  const more = others.length === 0 ? "" : `, and ${others.length} more differ`;
  return (
    `Revision ${revision} gave ${result} for ${check} of ${repository}#${number} at ${commit.slice(0, 10)}` +
    `${linkOf(url)}, and the loud builders gave ${otherResult} twice${linkOf(otherUrl)}${more}`
  );
}

function linkOf(url: string): string {
  return url === "" ? "" : ` (${url})`;
}
