import { chooseProvider } from "../../support/cluster/choose.ts";
import type { ClusterFaults } from "../../support/cluster/provider.ts";

/** What can happen to this run's cluster; a test that has none says so and is skipped. */
export async function faultsOfCluster(): Promise<ClusterFaults | undefined> {
  return (await chooseProvider(process.env)).faults;
}
