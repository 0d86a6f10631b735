import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubectl } from "../../support/cluster/kubectl.ts";
import type { RunningCluster } from "../../support/cluster/provider.ts";

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/**
 * Saves objects, Events, the logs of all pods and the logs of the cluster itself, for the analysis of a failed test.
 */
export async function collectLogs(cluster: RunningCluster, folder: string): Promise<void> {
  const kubectlOutput = (...args: string[]) => kubectl(cluster.kubeconfig, args).catch(String);
  const save = async (name: string, text: string) => writeFile(join(folder, name), text);
  await save("events.txt", await kubectlOutput("get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"));
  await save("pods.txt", await kubectlOutput("get", "pods", "--all-namespaces", "-o", "wide"));
  await save(
    "described.txt",
    await kubectlOutput("describe", "pods,statefulsets,persistentvolumeclaims", "--all-namespaces"),
  );
  await save("builderpool.yaml", await kubectlOutput("get", "builderpool", "--all-namespaces", "-o", "yaml"));
  const { items } = JSON.parse(await kubectl(cluster.kubeconfig, ["get", "pods", "-A", "-o", "json"])) as {
    readonly items: readonly Pod[];
  };
  for (const { metadata } of items) {
    const options = ["--all-containers", "--prefix", "--timestamps"];
    const pod = ["logs", "-n", metadata.namespace, metadata.name, ...options];
    const previous = await kubectlOutput(...pod, "--previous");
    await save(
      `${metadata.namespace}-${metadata.name}.log`,
      `${previous}\n--- this incarnation\n${await kubectlOutput(...pod)}`,
    );
  }
  await cluster.exportLogs(join(folder, "cluster"));
}
