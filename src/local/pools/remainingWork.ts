import type { Build } from "../../api/objects/build.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";

export interface RemainingWorkInput {
  readonly pools: readonly BuilderPool[];
  readonly builds: readonly Build[];
  /** Whether every repository and branch has been listed completely, and none is stale now. */
  readonly listed: boolean;
  /** Names of Builds of which GitHub does not have everything yet. */
  readonly unreported: readonly string[];
}

/**
 * What is still to be done before `up --until-idle` may end, in words; undefined when nothing is: every open pull request has a
 * verdict for its head commit or a stated reason why it is not built, and GitHub has it all.
 */
export function remainingWorkOf({ pools, builds, listed, unreported }: RemainingWorkInput): string | undefined {
  if (!listed) return "the pull requests are being listed";
  const staffed = new Set(pools.filter(({ spec }) => spec.instances > 0).map(({ metadata }) => metadata.name));
  const open = builds.filter((build) => staffed.has(build.spec.pool) && !isSettled(build));
  if (open.length > 0)
    return `${open.length} of ${builds.length} builds are not done: ${open.slice(0, 3).map(describe).join(", ")}${open.length > 3 ? ", …" : ""}`;
  if (unreported.length > 0) return `${unreported.length} of ${builds.length} builds are not reported to GitHub yet`;
  return undefined;
}

/** A stated reason, or a verdict for what is wanted now. */
function isSettled({ spec, status }: Build): boolean {
  if (status?.phase === "Claimed" || status?.phase === "Running") return false;
  return spec.blocked !== undefined || spec.request <= (status?.verdict?.request ?? 0);
}

function describe({ spec, status }: Build): string {
  return `${spec.check} ${spec.repository}#${spec.number} (${status?.phase ?? "Queued"})`;
}
