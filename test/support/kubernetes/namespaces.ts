import { join } from "node:path";
import type { KubernetesClient } from "../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { applyManifests, kubectl } from "../cluster/kubectl.ts";

export const definitions = join(import.meta.dirname, "../../../crds");

/** Installs our CustomResourceDefinitions in a cluster. */
export function installDefinitions(kubeconfig: string): Promise<void> {
  return applyManifests(kubeconfig, [definitions]);
}

let count = 0;

/** Creates a client in a new, empty namespace. `close` deletes the namespace without waiting. */
export async function newNamespace(kubeconfig: string): Promise<KubernetesClient & { close(): Promise<void> }> {
  count += 1;
  const namespace = `test-${process.pid}-${count}`;
  await kubectl(kubeconfig, ["create", "namespace", namespace]);
  const access = await accessFromKubeConfig(kubeconfig, systemClock);
  return {
    ...createKubernetesClient(access, namespace),
    async close() {
      access.agent.destroy();
      await kubectl(kubeconfig, ["delete", "namespace", namespace, "--wait=false"]);
    },
  };
}
