import type { Build, Claim } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { pauseLeft } from "./trouble.ts";

/** The holder of a claim. The attempt distinguishes this claim from every other claim of the same Build. */
export type Holder = Pick<Claim, "builder" | "incarnation" | "attempt">;

/** Whether a build was requested and has no verdict yet, neither here nor elsewhere. */
export function isWanted({ spec, status }: Pick<Build, "spec" | "status">): boolean {
  return spec.request > Math.max(status?.verdict?.request ?? 0, spec.answered ?? 0);
}

/** Whether the wanted build repeats a build with a known result. */
export function isRecheck({ spec }: Pick<Build, "spec">): boolean {
  return spec.group !== "untested";
}

/** Whether the wanted build gives another opinion on a verdict that other work depends on. */
export function isOpinion({ spec, status }: Build): boolean {
  const { opinion, confirm } = spec;
  const isUnconfirmed = confirm !== undefined && confirm.attempt === status?.verdict?.attempt;
  return isRecheck({ spec }) && (opinion !== undefined || isUnconfirmed);
}

/** Whether the Build repeats a loud build for comparison. A shadow publishes nothing. */
export function isShadow({ spec }: Pick<Build, "spec">): boolean {
  return spec.shadow !== undefined;
}

/** Whether another pool owns the check. That pool builds the commit itself, and alone writes statuses of the check. */
export function isOfAnotherPool({ spec }: Pick<Build, "spec">): boolean {
  return spec.blocked?.reason === "OwnedByAnotherPool";
}

/** Whether a request needs no build any more, because another pool or system published a verdict on the commit. */
export function isAnsweredElsewhere({ spec }: Pick<Build, "spec">, request: number): boolean {
  return spec.answered !== undefined && request <= spec.answered;
}

/** Whether a builder holds the Build: claimed or running. */
export function isHeld({ status }: Build): boolean {
  return status?.phase === "Claimed" || status?.phase === "Running";
}

/**
 * Whether a builder may claim the Build now: wanted, not held, not blocked, not being deleted, no pause after a
 * failure.
 */
export function isClaimable(build: Build, now: Milliseconds): boolean {
  return claimableIn(build, now) === 0;
}

/** The time until a builder may claim the Build if nothing else changes; Infinity if something must change first. */
export function claimableIn(build: Build, now: Milliseconds): Milliseconds {
  const { spec, metadata } = build;
  const isOpen = spec.blocked === undefined && metadata.deletionTimestamp === undefined;
  return isOpen && isWanted(build) && !isHeld(build) ? pauseLeft(build, now) : Number.POSITIVE_INFINITY;
}

/**
 * The Builds whose process holds an earlier one of `builds` too, each with the earlier one. A builder finishes or
 * releases a build before it claims another. A watch may show the claim first, so read the earlier Build again.
 */
export function secondClaimsOf<B extends Build>(builds: readonly B[]): ReadonlyMap<B, B> {
  const keyOf = ({ status }: B) => `${status?.claim?.builder} ${status?.claim?.incarnation}`;
  const groups = Map.groupBy(builds.filter(isHeld), keyOf);
  return new Map([...groups.values()].flatMap(([first, ...others]) => others.map((other) => [other, first as B])));
}

/** Whether the current claim on the Build belongs to this holder. */
export function holds(build: Build, { builder, incarnation, attempt }: Holder): boolean {
  const held = build.status?.claim;
  return isHeld(build) && held?.builder === builder && held.incarnation === incarnation && held.attempt === attempt;
}

/**
 * The reason why the holder must stop building, as a sentence; undefined if it may continue. A deleted Build is
 * undefined.
 */
export function mustStop(build: Build | undefined, holder: Holder): string | undefined {
  if (build === undefined) return "The pull request was closed or merged, or is no longer tested here";
  const held = build.status?.claim;
  if (held === undefined || !holds(build, holder)) return lostClaimMessage(build, holder);
  const title = titleOf(build);
  if (build.metadata.deletionTimestamp !== undefined) return `${title} is being deleted`;
  if (build.spec.commit !== held.commit) return `${title} has a new commit, ${build.spec.commit.slice(0, 10)}`;
  if (build.spec.request !== held.request) return `A rebuild of ${title} was requested`;
  if (isAnsweredElsewhere(build, held.request)) return `Another pool or system published a verdict on ${title}`;
  return build.spec.blocked?.message;
}

/** The sentence for a holder without a valid claim. */
export function lostClaimMessage(build: Build, { builder, attempt }: Holder): string {
  return `"${builder}" no longer holds attempt ${attempt} of ${titleOf(build)}`;
}

/** The Build as people read it: check, repository and number. */
export function titleOf({ spec }: Build): string {
  return `${spec.check} of ${spec.repository}#${spec.number}`;
}
