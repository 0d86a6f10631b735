import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "./checks.ts";

/**
 * Returns one sentence for each check with a shared tree and without `trust.approvals: Strict`. In a shared tree, each
 * pull request can read and change what the others build.
 */
export function refusedSharedTrees(pool: BuilderPool): readonly string[] {
  return poolChecksOf(pool)
    .checks.filter(({ sharedTree, trust }) => sharedTree && trust.approvals !== "Strict")
    .map(
      ({ name, trust }) =>
        `check ${name} has sharedTree, so its pull requests build in one work area and can change each other's results, but trust.approvals is ${trust.approvals}: set trust.approvals: Strict, or set sharedTree: false`,
    );
}
