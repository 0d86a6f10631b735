import { type StandIn, startStandIn } from "../../support/github/standIn.ts";
import type { E2ECluster } from "./cluster.ts";

/** A GitHub of this test file's own that listens where pods of the cluster reach it, in this process: tests play in its state directly. */
export async function startGitHub({ hostAddress }: E2ECluster): Promise<StandIn> {
  if (hostAddress === undefined) {
    throw new Error("Pods of this cluster must reach this machine for its GitHub; say where in E2E_HOST_ADDRESS");
  }
  return startStandIn({ host: hostAddress });
}
