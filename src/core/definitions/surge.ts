import type { BuilderPoolSpec } from "../../api/objects/pool.ts";

/**
 * The number of pods that an update may run in excess. A pool of one builder has a surge of 1 by default, so it keeps a
 * ready builder. With hosts the default is 0.
 */
export function maxSurgeOf(
  { instances, update }: Pick<BuilderPoolSpec, "instances" | "update">,
  hosts: number,
): number {
  return update.maxSurge ?? (instances === 1 && hosts === 0 ? 1 : 0);
}
