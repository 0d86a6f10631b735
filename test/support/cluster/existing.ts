import type { LoadedImages } from "./images/load.ts";
import { kubectl } from "./kubectl.ts";
import { type ClusterProvider, usualKubeletFolder } from "./provider.ts";

export interface ExistingCluster {
  readonly kubeconfig: string;
  /** Must be the current context of the kubeconfig: nobody tests on a cluster by oversight. */
  readonly allowContext: string | undefined;
  /** Where its pods reach this machine. */
  readonly hostAddress: string | undefined;
  /** In a registry that its nodes reach. */
  readonly images: LoadedImages;
}

/** Somebody's cluster: tests make and delete namespaces of their own in it, and nothing else is brought up or taken down. */
export function existingProvider({ kubeconfig, allowContext, hostAddress, images }: ExistingCluster): ClusterProvider {
  return {
    name: "existing",
    async up() {
      const context = (await kubectl(kubeconfig, ["config", "current-context"])).trim();
      if (context !== allowContext) {
        throw new Error(
          `Tests would create and delete namespaces, roles and definitions in "${context}" of ${kubeconfig}; to allow it, set E2E_ALLOW_CONTEXT=${context}`,
        );
      }
      return {
        provider: "existing",
        kubeconfig,
        kubeletFolder: usualKubeletFolder,
        found: true,
        images,
        ...(hostAddress === undefined ? {} : { hostAddress }),
        loadImage: () => Promise.reject(new Error("A cluster that runs elsewhere pulls its images")),
        exportLogs: () => Promise.resolve(),
      };
    },
    down: () => Promise.resolve(),
  };
}
