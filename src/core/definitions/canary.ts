import type { BuilderPool } from "../../api/objects/pool.ts";
import { maxSurgeOf } from "./surge.ts";

/** Returns one sentence for a pool whose canaries would leave no loud builder to compare with. */
export function refusedCanaries({ spec }: Pick<BuilderPool, "spec">): readonly string[] {
  const { instances, update, external } = spec;
  const hosts = external?.names.length ?? 0;
  const builders = update.canary?.builders ?? 0;
  const surge = maxSurgeOf(spec, hosts);
  if (instances === 0 || builders < instances + hosts + surge) return [];
  return [
    `update.canary.builders is ${builders}, which leaves no loud builder to compare with: the pool has instances ${instances} and update.maxSurge ${surge}; lower update.canary.builders, or raise update.maxSurge`,
  ];
}
