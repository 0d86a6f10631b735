import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { contextOf, poolChecksOf } from "./checks.ts";

/**
 * Returns a function from a check to the name of its pool (undefined if no pool has the check). A status context of a
 * repository can have only one author. So the oldest pool owns the check, or the first by name at equal age. The other
 * pools get the condition Conflict.
 */
export function checkOwnersOf(
  pools: readonly BuilderPool[],
): (check: Pick<ResolvedCheck, "name" | "repository">) => string | undefined {
  const owners = new Map<string, string>();
  for (const pool of [...pools].sort(byAge)) {
    for (const check of poolChecksOf(pool).checks) {
      const key = contextOf(check);
      if (!owners.has(key)) owners.set(key, pool.metadata.name);
    }
  }
  return (check) => owners.get(contextOf(check));
}

function byAge(a: BuilderPool, b: BuilderPool): number {
  const created = (pool: BuilderPool) => pool.metadata.creationTimestamp ?? "";
  return created(a).localeCompare(created(b)) || a.metadata.name.localeCompare(b.metadata.name);
}
