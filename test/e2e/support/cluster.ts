import { inject } from "vitest";
import { kubectl } from "../../support/cluster/kubectl.ts";
import type { ProvidedCluster } from "./globalSetup.ts";

export interface E2ECluster extends ProvidedCluster {
  /** What kubectl prints; rejects with its own words. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Creates or changes objects, all as one user would. */
  apply(...manifests: readonly object[]): Promise<void>;
}

/** The cluster that all test files of this run share. */
export function anE2ECluster(): E2ECluster {
  const cluster = inject("cluster");
  return { ...cluster, ...commandsOf(cluster.kubeconfig) };
}

/** Commands with the same words before each. */
export function commandsOf(kubeconfig: string, ...before: readonly string[]): Pick<E2ECluster, "kubectl" | "apply"> {
  return {
    kubectl: (...args) => kubectl(kubeconfig, [...before, ...args]),
    async apply(...items) {
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      await kubectl(kubeconfig, [...before, "apply", "--server-side", "--force-conflicts", "--filename=-"], list);
    },
  };
}
