import { resolve } from "node:path";
import { helm } from "../../cluster/helm.ts";
import type { LoadedImages } from "../../cluster/images/load.ts";
import { kubectl } from "../../cluster/kubectl.ts";

/** Where the operator of a run lives, and every pool of its stories. */
export const home = "ci";
const chart = resolve(import.meta.dirname, "../../../deploy/helm/builderpool");

/** As a person would: a namespace that lets in only restricted pods, `helm install`, and wait. An earlier one is upgraded. */
export async function installChart(kubeconfig: string, { registry, tag }: LoadedImages): Promise<void> {
  const namespace = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: home, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
  await kubectl(kubeconfig, ["apply", "--server-side", "-f", "-"], JSON.stringify(namespace));
  const values = [`images.registry=${registry}`, `images.tag=${tag}`, "logs.volume.size=1Gi"];
  await helm(kubeconfig, [
    "upgrade",
    "--install",
    "builderpool",
    chart,
    `--namespace=${home}`,
    ...values.map((value) => `--set=${value}`),
    "--wait",
    "--timeout=5m",
  ]);
}
