import { afterAll, afterEach, beforeAll } from "vitest";
import { commandsOf, type E2ECluster } from "./cluster.ts";

export interface Namespace extends Pick<E2ECluster, "kubectl" | "apply"> {
  readonly name: string;
}

/**
 * A namespace of its own for a test file, called in its `describe`; its commands stay in it. It enforces the `restricted` standard for pods, which
 * everything of builderpool must meet. When a test failed it stays until the cluster goes, so that its logs can be collected.
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
