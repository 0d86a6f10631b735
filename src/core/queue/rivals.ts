import type { Build, Group } from "../../api/objects/build.ts";
import { isHeld, isOfAnotherPool, isShadow } from "../build/state.ts";
import { unreportedVerdict } from "../report/post/plan.ts";
import type { ObservedQueue } from "./observed.ts";

/** The Builds of other pools for one check and pull request. */
export type Rivals = readonly Build[];

/**
 * Whether another pool may still publish a verdict on the commit: its Build is loud, and held or not yet blocked. The
 * pool that owns the check then waits, so that the commit gets one published verdict. A blocked Build that nobody holds
 * cannot be claimed again.
 */
export function isContested(rivals: Rivals, commit: string): boolean {
  return rivals.some((build) => {
    const isLoud = build.spec.silent !== true && !isShadow(build);
    if (build.spec.commit !== commit || !isLoud) return false;
    if (isHeld(build) || build.spec.blocked === undefined) return true;
    return !isOfAnotherPool(build) && unreportedVerdict(build) !== undefined;
  });
}

/**
 * The group of a commit that another pool has published, until a listing shows it; undefined without such a verdict.
 * After that the listing decides: a person may have asked for a rebuild.
 */
export function groupElsewhere(rivals: Rivals, commit: string, listedAt: number): Group | undefined {
  for (const { status } of rivals) {
    const reported = status?.reported;
    if (reported?.commit !== commit || reported.state === "pending" || reported.refused !== undefined) continue;
    if (listedAt <= Date.parse(reported.at)) return reported.state === "success" ? "succeeded" : "failed";
  }
  return undefined;
}

/**
 * Whether a listing shows the published verdict of a Build. Until then another pool with the check must know the Build,
 * and is not allowed to build the commit again. Without a listing the next one shows the verdict.
 */
export function isListed({ spec, status }: Build, listingOf: ObservedQueue["listingOf"]): boolean {
  const { repository, base: branch, commit } = spec;
  const { reported } = status ?? {};
  if (reported?.commit !== commit || reported.state === "pending") return true;
  const listing = listingOf({ repository, branch });
  return listing === undefined || listing.startedAt > Date.parse(reported.at);
}
