import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";

/**
 * Returns one sentence for each pool that needs isolated builds, and so must not run where builds share one user. There,
 * every pull request can change the verdicts of all others. Only `Strict` limits builds to reviewed code.
 */
export function refusedTrust(pools: readonly BuilderPool[]): readonly string[] {
  return pools.flatMap((pool) => {
    const { checks } = poolChecksOf(pool);
    const loose = checks.find(({ trust }) => trust.approvals !== "Strict");
    if (loose === undefined) return [];
    return [
      `pool ${pool.metadata.name} is refused: trust.approvals of check ${loose.name} is ${loose.trust.approvals}, and builds are not isolated from each other here; set trust.approvals: Strict, or start \`up\` as root`,
    ];
  });
}
