import { createHash } from "node:crypto";

/**
 * Test files that take long. Whole runs have them all, and `make ci` has a part of each list, chosen by the commit.
 * Files that are not listed always run.
 */
export const long = {
  integration: [
    "test/integration/agent/trial.test.ts",
    "test/integration/builder/real.test.ts",
    "test/integration/cell/attacks.test.ts",
    "test/integration/cell/base.test.ts",
    "test/integration/cell/checkout.test.ts",
    "test/integration/cell/logs.test.ts",
    "test/integration/cell/process.test.ts",
    "test/integration/cell/quota.test.ts",
    "test/integration/cell/tasks.test.ts",
    "test/integration/cell/truth.test.ts",
    "test/integration/faults/builds.test.ts",
    "test/integration/faults/changes.test.ts",
    "test/integration/faults/deaths.test.ts",
    "test/integration/faults/disk.test.ts",
    "test/integration/faults/github.test.ts",
    "test/integration/faults/logs.test.ts",
    "test/integration/faults/reserve.test.ts",
    "test/integration/field/leftovers.test.ts",
    "test/integration/field/mergeThatGitRefuses.test.ts",
    "test/integration/field/names.test.ts",
    "test/integration/field/sourcesOfRecipes.test.ts",
    "test/integration/field/wordsOfAliBuild.test.ts",
    "test/integration/local/canary.test.ts",
    "test/integration/logs/pages.test.ts",
    "test/integration/up/cellSecrets.test.ts",
    "test/integration/up/demoRun.test.ts",
    "test/integration/up/privateRepository.test.ts",
    "test/integration/up/secrets.test.ts",
    "test/integration/up/silence.test.ts",
    "test/integration/up/waits.test.ts",
  ] as readonly string[],
  e2e: [
    "test/e2e/faults/apiServer.test.ts",
    "test/e2e/faults/cellDeath.test.ts",
    "test/e2e/faults/crashes.test.ts",
    "test/e2e/faults/fullVolume.test.ts",
    "test/e2e/faults/memory.test.ts",
    "test/e2e/faults/nodeCrash.test.ts",
    "test/e2e/faults/nodeDrain.test.ts",
    "test/e2e/hosts/besidePods.test.ts",
    "test/e2e/hosts/crashes.test.ts",
    "test/e2e/hosts/faults.test.ts",
    "test/e2e/hosts/machineFaults.test.ts",
    "test/e2e/hosts/olderAgent.test.ts",
    "test/e2e/hosts/versions.test.ts",
    "test/e2e/pools/badPools.test.ts",
    "test/e2e/pools/bucket.test.ts",
    "test/e2e/pools/chart.test.ts",
    "test/e2e/pools/examples.test.ts",
    "test/e2e/pools/hands.test.ts",
    "test/e2e/pools/malicious.test.ts",
    "test/e2e/pools/opinion.test.ts",
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

/** The files that a sampled run leaves out: three of four, other ones with each seed. Nothing without a seed. */
export function leftOut(files: readonly string[], seed: string | undefined): readonly string[] {
  if (seed === undefined || seed === "") return [];
  const place = (file: string) => createHash("sha256").update(`${seed} ${file}`).digest("hex");
  return files.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).slice(Math.ceil(files.length / 4));
}
