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

/** What a run tells its test files. */
export interface ProvidedCluster {
  readonly kubeconfig: string;
  /** Where pods reach servers of the tests; absent when they cannot. */
  readonly hostAddress?: string;
  readonly images: LoadedImages;
  /** Where the kubelets of its nodes keep the volumes of pods. */
  readonly kubeletFolder: string;
}

const logs = resolve(import.meta.dirname, "../../../.work/e2e-logs");

/** One cluster for all files of a run. It goes with the run, unless `make cluster` had brought it up or KEEP_CLUSTER is 1. */
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
      await collectLogs(cluster, logs).catch((error) => say(`could not collect all logs: ${error}`));
      say(`logs of the cluster, its events and its pods: ${logs}`);
    }
    await end();
  };
}
