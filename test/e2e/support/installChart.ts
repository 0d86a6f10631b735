import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { helm } from "../../support/cluster/helm.ts";
import type { LoadedImages } from "../../support/cluster/images/load.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";

/** Namespace of the shared installation and of all scenarios without their own namespace. */
export const home = "ci";
export const chart = resolve(import.meta.dirname, "../../../deploy/helm/builderpool");

interface Release extends Pick<LoadedImages, "registry" | "tag"> {
  readonly namespace?: string;
  /** Folder of the chart. The default is the chart of this checkout. */
  readonly from?: string;
  /** Values as for `--set`. */
  readonly set?: readonly string[];
}

/** Creates a namespace for restricted pods, then installs the chart or upgrades it, and waits until it runs. */
export async function installChart(
  kubeconfig: string,
  { registry, tag, namespace = home, from = chart, set = [] }: Release,
): Promise<void> {
  const restricted = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
  await kubectl(kubeconfig, ["apply", "--server-side", "-f", "-"], JSON.stringify(restricted));
  // Scenarios read logs through the proxy of the API server, which keeps the host name of the request.
  const { clusters } = parse(await readFile(kubeconfig, "utf8"));
  const hosts = ["localhost", new URL(clusters[0].cluster.server).hostname];
  const names = hosts.map((host, index) => `logs.hosts[${index}]=${host}`);
  const values = [`images.registry=${registry}`, `images.tag=${tag}`, "logs.volume.size=1Gi", ...names, ...set];
  await helm(kubeconfig, [
    "upgrade",
    "--install",
    "builderpool",
    from,
    `--namespace=${namespace}`,
    ...values.map((value) => `--set=${value}`),
    "--wait",
    "--timeout=5m",
  ]);
}
