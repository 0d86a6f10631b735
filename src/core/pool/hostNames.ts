import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { byAge } from "../definitions/ownership.ts";
import type { ObservedPool, TakenHost } from "./observed.ts";

/** Names of the hosts that the pool has: the names of its spec that no other pool has, sorted. None on one machine. */
export function hostNamesOf({
  pool,
  takenHosts = [],
  environment,
}: Pick<ObservedPool, "pool" | "takenHosts" | "environment">): readonly string[] {
  if (environment?.isMachine === true) return [];
  const taken = new Set(takenHosts.map(({ name }) => name));
  return [...new Set(pool.spec.external?.names)].filter((name) => !taken.has(name)).sort();
}

/**
 * Hosts of the pool that another pool has. The pool of an existing Builder has the host. Without a Builder the oldest
 * pool with the name gets the host.
 */
export function takenHostsOf(
  pool: BuilderPool,
  pools: readonly BuilderPool[],
  builderOf: (name: string) => Builder | undefined,
): readonly TakenHost[] {
  const own = pool.metadata.name;
  return [...new Set(pool.spec.external?.names)].flatMap((name) => {
    const claimants = [pool, ...pools].filter(({ spec }) => spec.external?.names.includes(name) ?? false);
    const owner = builderOf(name)?.spec.pool ?? claimants.sort(byAge)[0]?.metadata.name ?? own;
    return owner === own ? [] : [{ name, owner }];
  });
}
