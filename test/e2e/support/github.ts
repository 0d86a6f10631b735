import { type StandIn, startStandIn } from "../../support/github/standIn.ts";
import type { E2ECluster } from "./cluster.ts";

/**
 * Starts a GitHub stand-in at an address that pods reach. It runs in this process, so tests change its state directly.
 */
export async function startGitHub({ hostAddress }: E2ECluster): Promise<StandIn> {
  if (hostAddress === undefined) {
    throw new Error(
      "Pods must reach the GitHub stand-in on this machine: set E2E_HOST_ADDRESS to an address of this machine",
    );
  }
  return startStandIn({ host: hostAddress });
}
