import { resolve } from "node:path";
import { helm } from "../../support/cluster/helm.ts";
import type { LoadedImages } from "../../support/cluster/images/load.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";

/** Where the operator of a run lives, and every pool of its stories but those that bring their own. */
export const home = "ci";
export const chart = resolve(import.meta.dirname, "../../../deploy/helm/builderpool");

interface Release extends Pick<LoadedImages, "registry" | "tag"> {
  readonly namespace?: string;
  /** Folder of another chart than this checkout's. */
  readonly from?: string;
  /** Values, as of `--set`. */
  readonly set?: readonly string[];
}

/** As a person would: a namespace that lets in only restricted pods, `helm install`, and wait. An earlier one is upgraded. */
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
  const values = [`images.registry=${registry}`, `images.tag=${tag}`, "logs.volume.size=1Gi", ...set];
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
