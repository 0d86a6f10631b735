import type { Build, Claim } from "../../api/objects/build.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { pauseLeft } from "./trouble.ts";

/** The holder of a claim. The attempt distinguishes this claim from every other claim of the same Build. */
export type Holder = Pick<Claim, "builder" | "incarnation" | "attempt">;

/** Whether a build was requested and has no verdict yet. */
export function isWanted({ spec, status }: Build): boolean {
  return spec.request > (status?.verdict?.request ?? 0);
}

/** Whether the wanted build repeats a build with a known result. */
export function isRecheck({ spec }: Build): boolean {
  return spec.group !== "untested";
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
