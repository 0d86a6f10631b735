import { chooseProvider } from "../../support/cluster/choose.ts";
import type { ClusterFaults } from "../../support/cluster/provider.ts";

/** Faults of this run's cluster, undefined without any. Tests that need faults are then skipped. */
export async function faultsOfCluster(): Promise<ClusterFaults | undefined> {
  return (await chooseProvider(process.env)).faults;
}
