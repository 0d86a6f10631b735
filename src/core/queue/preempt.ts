import type { Build } from "../../api/build.ts";
import { formatDuration } from "../../api/duration.ts";
import { rendezvousWinner } from "../partition/affinity.ts";
import { isClaimable, isHeld, isRecheck } from "./claim.ts";
import { compareWaiting } from "./order.ts";
import { fellowsOf, mustLeave, type View } from "./share.ts";

/**
 * Why the recheck this builder runs should give way, as a sentence; undefined when it should not. It does when an untested
 * pull request has waited out its patience and nobody is idle. Of several builders that run rechecks exactly one gives way:
 * the one that scores highest for the pull request that is next.
 */
export function shouldPreempt(view: View): string | undefined {
  const runners = new Set(view.builds.filter((build) => isHeld(build) && isRecheck(build)).map(holderOf));
  if (!runners.has(view.self)) return undefined;
  const fellows = fellowsOf(view);
  if (fellows.rank === -1 || (view.strategy === "Affinity" && fellows.idle.size > 0)) return undefined;
  const next = view.builds
    .filter((build) => !isRecheck(build) && isClaimable(build, view.now) && view.waited(build) >= view.patience)
    .filter((build) => mustLeave(view, fellows, build) === 0)
    .reduce<Build | undefined>((a, b) => (a === undefined || compareWaiting(b, a) < 0 ? b : a), undefined);
  if (next === undefined) return undefined;
  const { check, repository, number } = next.spec;
  const takers = view.strategy === "Modulo" ? [view.self] : [...runners].filter((name) => fellows.members.has(name));
  if (rendezvousWinner(check, number, takers) !== view.self) return undefined;
  return `The recheck gives way to ${check} of ${repository}#${number}, which has waited ${formatDuration(view.waited(next))} while nobody is idle`;
}

function holderOf(build: Build): string {
  return build.status?.claim?.builder ?? "";
}
