import { afterAll, afterEach, beforeAll } from "vitest";
import { commandsOf, type E2ECluster } from "./cluster.ts";

export interface Namespace extends Pick<E2ECluster, "kubectl" | "apply"> {
  readonly name: string;
}

/**
 * Creates a namespace for one test file. Call this in a `describe`. All commands of the result use this namespace.
 * The namespace enforces the `restricted` pod security standard, as all pods of builderpool must meet it.
 * After a failed test the namespace stays, so that its logs can be collected.
 */
export function aNamespace(cluster: E2ECluster, prefix: string): Namespace {
  const name = `${prefix}-${Math.random().toString(36).slice(2, 8)}`;
  beforeAll(async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  });
  const states: (string | undefined)[] = [];
  afterEach(({ task }) => {
    states.push(task.result?.state);
  });
  afterAll(async () => {
    const passed = states.length > 0 && !states.includes("fail");
    if (passed) await cluster.kubectl("delete", "namespace", name, "--wait=false");
  });
  return { name, ...commandsOf(cluster.kubeconfig, `--namespace=${name}`) };
}
