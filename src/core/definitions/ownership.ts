import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { contextOf, poolChecksOf } from "./checks.ts";

/**
 * Which pool a check belongs to: the status context on a repository's commits can have one author only. The pool created first
 * keeps it, then the first by name; the others wait, with a Conflict condition. Returns undefined for a check of no pool.
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
