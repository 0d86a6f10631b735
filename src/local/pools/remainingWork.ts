import type { Build } from "../../api/objects/build.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { isHeld, isShadow, isWanted } from "../../core/build/state.ts";

/** Observed state for `remainingWorkOf`. */
export interface RemainingWorkInput {
  readonly pools: readonly BuilderPool[];
  readonly builds: readonly Build[];
  /** True if every repository and branch has been listed completely and no listing is stale. */
  readonly listed: boolean;
  /** Names of Builds with a status or comment that GitHub does not have yet. */
  readonly unreported: readonly string[];
}

/**
 * Describes the work that `up --until-idle` still waits for. Returns undefined when all work is done. Then every open
 * pull request is blocked with a reason or has a verdict for its head commit, and GitHub has every status.
 */
export function remainingWorkOf({ pools, builds, listed, unreported }: RemainingWorkInput): string | undefined {
  if (!listed) return "the pull requests are still being listed";
  const staffed = new Set(pools.filter(({ spec }) => spec.instances > 0).map(({ metadata }) => metadata.name));
  const open = builds.filter((build) => staffed.has(build.spec.pool) && !isSettled(build));
  if (open.length > 0)
    return `${open.length} of ${builds.length} builds are not finished: ${open.slice(0, 3).map(describe).join(", ")}${open.length > 3 ? ", …" : ""}`;
  if (unreported.length > 0) return `${unreported.length} of ${builds.length} builds are not reported to GitHub yet`;
  return undefined;
}

/** A build is settled if it is blocked or has a verdict for the latest request. Nobody needs to wait for a shadow. */
function isSettled(build: Build): boolean {
  if (isHeld(build)) return false;
  return isShadow(build) || build.spec.blocked !== undefined || !isWanted(build);
}

function describe({ spec, status }: Build): string {
  return `${spec.check} ${spec.repository}#${spec.number} (${status?.phase ?? "Queued"})`;
}
