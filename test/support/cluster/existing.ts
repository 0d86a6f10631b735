import type { LoadedImages } from "./images/load.ts";
import { kubectl } from "./kubectl.ts";
import { type ClusterProvider, usualKubeletFolder } from "./provider.ts";

export interface ExistingCluster {
  readonly kubeconfig: string;
  /** Must equal the current context of the kubeconfig. Prevents tests on a cluster by mistake. */
  readonly allowContext: string | undefined;
  /** Address at which its pods reach this machine. */
  readonly hostAddress: string | undefined;
  /** Images in a registry that its nodes reach. */
  readonly images: LoadedImages;
}

/** A cluster that others manage. Tests create and delete their own namespaces in it. `up` and `down` change nothing. */
export function existingProvider({ kubeconfig, allowContext, hostAddress, images }: ExistingCluster): ClusterProvider {
  return {
    name: "existing",
    async up() {
      const context = (await kubectl(kubeconfig, ["config", "current-context"])).trim();
      if (context !== allowContext) {
        throw new Error(
          `Tests would create and delete namespaces, roles and definitions in the context "${context}" of ${kubeconfig}; to allow this, set E2E_ALLOW_CONTEXT=${context}`,
        );
      }
      return {
        provider: "existing",
        kubeconfig,
        kubeletFolder: usualKubeletFolder,
        found: true,
        images,
        ...(hostAddress === undefined ? {} : { hostAddress }),
        loadImage: () =>
          Promise.reject(new Error("Images cannot be loaded into an existing cluster: it pulls its images")),
        exportLogs: () => Promise.resolve(),
      };
    },
    down: () => Promise.resolve(),
  };
}
