import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { chooseProvider } from "../../support/cluster/choose.ts";
import { type LoadedImages, loadImages } from "../../support/cluster/images/load.ts";
import { during, say } from "../../support/cluster/programs/progress.ts";
import { collectLogs } from "./collectLogs.ts";
import { installChart } from "./installChart.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly cluster: ProvidedCluster;
  }
}

/** Values that a run provides to its test files. */
export interface ProvidedCluster {
  readonly kubeconfig: string;
  /** Address at which pods reach servers of the tests. Absent if no such address exists. */
  readonly hostAddress?: string;
  readonly images: LoadedImages;
  /** Folder in which the kubelets keep the volumes of pods. */
  readonly kubeletFolder: string;
}

const logs = resolve(import.meta.dirname, "../../../.work/e2e-logs");

/**
 * One cluster for all files of a run. The run deletes the cluster at its end,
 * unless `make cluster` started the cluster or KEEP_CLUSTER is 1.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const provider = await chooseProvider(process.env);
  const keep = process.env["KEEP_CLUSTER"] === "1";
  const cluster = await provider.up({ keep });
  const end = async () => {
    if (!cluster.found && !keep) await provider.down();
  };
  try {
    const images = await loadImages(cluster);
    const { kubeconfig, hostAddress, kubeletFolder } = cluster;
    await during("installing the chart", () => installChart(kubeconfig, images));
    const reached = hostAddress === undefined ? {} : { hostAddress };
    project.provide("cluster", { kubeconfig, images, kubeletFolder, ...reached });
  } catch (error) {
    await end();
    throw error;
  }
  return async () => {
    if (project.vitest.state.getCountOfFailedTests() > 0) {
      await rm(logs, { recursive: true, force: true });
      await mkdir(logs, { recursive: true });
      await collectLogs(cluster, logs).catch((error) => say(`some logs could not be collected: ${error}`));
      say(`logs of the cluster and its pods, and all Events: ${logs}`);
    }
    await end();
  };
}
