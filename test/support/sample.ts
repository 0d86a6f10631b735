import { createHash } from "node:crypto";

/**
 * Test files that take long. Whole runs have them all, and `make ci` has a part of each list, chosen by the commit.
 * Files that are not listed always run.
 */
export const long = {
  integration: [] as readonly string[],
  e2e: [
    "test/e2e/faults/apiServer.test.ts",
    "test/e2e/faults/cellDeath.test.ts",
    "test/e2e/faults/crashes.test.ts",
    "test/e2e/faults/fullVolume.test.ts",
    "test/e2e/faults/memory.test.ts",
    "test/e2e/faults/nodeCrash.test.ts",
    "test/e2e/faults/nodeDrain.test.ts",
    "test/e2e/pools/badPools.test.ts",
    "test/e2e/pools/bucket.test.ts",
    "test/e2e/pools/chart.test.ts",
    "test/e2e/pools/examples.test.ts",
    "test/e2e/pools/hands.test.ts",
    "test/e2e/pools/pools.test.ts",
    "test/e2e/pools/upkeep.test.ts",
    "test/e2e/rollout/live.test.ts",
    "test/e2e/rollout/restart.test.ts",
    "test/e2e/rollout/rolling.test.ts",
    "test/e2e/rollout/staleMarker.test.ts",
    "test/e2e/rollout/stuckWarmup.test.ts",
    "test/e2e/rollout/surge.test.ts",
  ] as readonly string[],
};

/** The files that a sampled run leaves out: two of three, other ones with each seed. Nothing without a seed. */
export function leftOut(files: readonly string[], seed: string | undefined): readonly string[] {
  if (seed === undefined || seed === "") return [];
  const place = (file: string) => createHash("sha256").update(`${seed} ${file}`).digest("hex");
  return files.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).slice(Math.ceil(files.length / 3));
}
