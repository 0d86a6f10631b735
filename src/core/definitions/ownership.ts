import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { contextOf, notTested, poolChecksOf } from "./checks.ts";

/**
 * Returns a function from a check to the name of its pool (undefined if no pool has the check). A status context of a
 * repository can have only one author. So the oldest loud pool owns the check, or the first by name at equal age. Other
 * loud pools get the condition Conflict. Silent pools build shadows. Without a loud pool the oldest silent pool owns
 * the check. A pool without builders that is refused as a whole owns nothing.
 */
export function checkOwnersOf(
  pools: readonly BuilderPool[],
): (check: Pick<ResolvedCheck, "name" | "repository">) => string | undefined {
  const owners = new Map<string, string>();
  const claims = pools
    .filter((one) => !isRefused(one))
    .sort(byAge)
    .flatMap((pool) => poolChecksOf(pool).checks.map((check) => ({ pool, check })));
  const isLoud = ({ pool, check }: (typeof claims)[number]) => !isSilentIn(pool, check);
  for (const { pool, check } of [...claims.filter(isLoud), ...claims]) {
    const key = contextOf(check);
    if (!owners.has(key)) owners.set(key, pool.metadata.name);
  }
  return (check) => owners.get(contextOf(check));
}

function isRefused({ status }: BuilderPool): boolean {
  const condition = status?.conditions?.find(({ type }) => type === "DefinitionsValid");
  const isWhole = condition?.status === "False" && !condition.message.startsWith(notTested);
  return isWhole && (status?.instances ?? 0) + (status?.ready ?? 0) === 0;
}

/** Whether the verdicts of a check are silent in a pool: the pool or the check is silent. */
export function isSilentIn(
  { spec }: { readonly spec: Pick<BuilderPool["spec"], "silent"> },
  check: Pick<ResolvedCheck, "silent">,
): boolean {
  return spec.silent || check.silent;
}

/** Sorts the oldest pool first, and pools of the same age by name. */
export function byAge(a: BuilderPool, b: BuilderPool): number {
  const created = (pool: BuilderPool) => pool.metadata.creationTimestamp ?? "";
  return created(a).localeCompare(created(b)) || a.metadata.name.localeCompare(b.metadata.name);
}
