import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";

type Pool = Stored<"BuilderPool">;

/** One list of pull requests, for everybody who looks at that repository and branch. */
export interface Target {
  readonly key: string;
  readonly repository: string;
  readonly branch: string;
  /** Teams that checks trust, without repetition and in order. */
  readonly teams: readonly string[];
  /** The shortest that any of the pools asks for. */
  readonly pollInterval: Milliseconds;
  /** Pools that want it, in the order of their names; the connection of any of them will do. */
  readonly pools: readonly Pool[];
}

/** What must be listed for these pools, by key. A pool that is being deleted wants nothing. */
export function targetsOf(pools: readonly Pool[]): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const pool of pools) {
    if (pool.metadata.deletionTimestamp !== undefined) continue;
    for (const check of poolChecksOf(pool).checks) {
      const key = targetKey(pool, check);
      targets.set(key, extended(targets.get(key), key, pool, check));
    }
  }
  return targets;
}

/** GitHub does not care about the case of a repository's name. */
export function targetKey(pool: Pool, { repository, branch }: Pick<ResolvedCheck, "repository" | "branch">): string {
  return `${pool.spec.github.apiUrl} ${repository.toLowerCase()} ${branch}`;
}

function extended(target: Target | undefined, key: string, pool: Pool, check: ResolvedCheck): Target {
  const { repository, branch, trust } = check;
  const pollInterval = milliseconds(pool.spec.github.pollInterval);
  const teams = new Set([...(target?.teams ?? []), ...(trust.team === undefined ? [] : [trust.team])]);
  return {
    key,
    repository,
    branch,
    teams: [...teams].sort(),
    pollInterval: Math.min(pollInterval, target?.pollInterval ?? pollInterval),
    pools: [...new Set([...(target?.pools ?? []), pool])],
  };
}
