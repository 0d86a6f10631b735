import { inject } from "vitest";
import { kubectl } from "../../support/cluster/kubectl.ts";
import type { ProvidedCluster } from "./globalSetup.ts";

export interface E2ECluster extends ProvidedCluster {
  /** Returns the output of kubectl. Rejects with its error output. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Creates or changes objects by server-side apply. */
  apply(...manifests: readonly object[]): Promise<void>;
}

/** The cluster of all test files of this run. */
export function anE2ECluster(): E2ECluster {
  const cluster = inject("cluster");
  return { ...cluster, ...commandsOf(cluster.kubeconfig) };
}

/** kubectl and apply with the arguments `before` in front. */
export function commandsOf(kubeconfig: string, ...before: readonly string[]): Pick<E2ECluster, "kubectl" | "apply"> {
  return {
    kubectl: (...args) => kubectl(kubeconfig, [...before, ...args]),
    async apply(...items) {
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      await kubectl(kubeconfig, [...before, "apply", "--server-side", "--force-conflicts", "--filename=-"], list);
    },
  };
}
