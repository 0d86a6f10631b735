import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";

type Pool = Stored<"BuilderPool">;

/** One list of pull requests, shared by all checks on the repository and branch. */
export interface Target {
  readonly key: string;
  readonly repository: string;
  readonly branch: string;
  /** Slugs of the teams trusted by the checks, in lower case, sorted, without duplicates. */
  readonly teams: readonly string[];
  /** The shortest poll interval of the pools. */
  readonly pollInterval: Milliseconds;
  /** Pools with such a check, in the order of names. Any pool's connection can list the target. */
  readonly pools: readonly Pool[];
}

/** The targets of these pools, by key. A pool in deletion has no targets. */
export function targetsOf(pools: readonly Pool[]): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const pool of pools) {
    if (pool.metadata.deletionTimestamp !== undefined) continue;
    for (const check of poolChecksOf(pool).checks) {
      const key = targetKey(pool, check);
      targets.set(key, withCheck(targets.get(key), key, pool, check));
    }
  }
  return targets;
}

/** GitHub ignores the case of a repository's name. */
export function targetKey(pool: Pool, { repository, branch }: Pick<ResolvedCheck, "repository" | "branch">): string {
  return `${pool.spec.github.apiUrl} ${repository.toLowerCase()} ${branch}`;
}

function withCheck(target: Target | undefined, key: string, pool: Pool, check: ResolvedCheck): Target {
  const { repository, branch, trust } = check;
  const pollInterval = milliseconds(pool.spec.github.pollInterval);
  const teams = new Set([...(target?.teams ?? []), ...(trust.team === undefined ? [] : [trust.team.toLowerCase()])]);
  return {
    key,
    repository,
    branch,
    teams: [...teams].sort(),
    pollInterval: Math.min(pollInterval, target?.pollInterval ?? pollInterval),
    pools: [...new Set([...(target?.pools ?? []), pool])],
  };
}
