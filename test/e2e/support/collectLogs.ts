import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubectl } from "../../support/cluster/kubectl.ts";
import type { RunningCluster } from "../../support/cluster/provider.ts";

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Everything that may say why a test failed: objects, events, logs of all pods, logs of the cluster itself. */
export async function collectLogs(cluster: RunningCluster, folder: string): Promise<void> {
  const ask = (...args: string[]) => kubectl(cluster.kubeconfig, args).catch(String);
  const save = async (name: string, text: string) => writeFile(join(folder, name), text);
  await save("events.txt", await ask("get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"));
  await save("pods.txt", await ask("get", "pods", "--all-namespaces", "-o", "wide"));
  await save("described.txt", await ask("describe", "pods,statefulsets,persistentvolumeclaims", "--all-namespaces"));
  await save("builderpool.yaml", await ask("get", "builderpool", "--all-namespaces", "-o", "yaml"));
  const { items } = JSON.parse(await kubectl(cluster.kubeconfig, ["get", "pods", "-A", "-o", "json"])) as {
    readonly items: readonly Pod[];
  };
  for (const { metadata } of items) {
    const whole = ["--all-containers", "--prefix", "--timestamps"];
    const pod = ["logs", "-n", metadata.namespace, metadata.name, ...whole];
    const before = await ask(...pod, "--previous");
    await save(`${metadata.namespace}-${metadata.name}.log`, `${before}\n--- this incarnation\n${await ask(...pod)}`);
  }
  await cluster.exportLogs(join(folder, "cluster"));
}
