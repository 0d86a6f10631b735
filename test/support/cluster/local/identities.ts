import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubeconfigOf, writePki } from "../controlPlane/pki.ts";
import type { Layout } from "./layout.ts";

/** Writes certificates for all programs, and a kubeconfig for each client of the API server. */
export async function writeIdentities(layout: Layout): Promise<void> {
  const { pki, node, nodeAddress, firstService } = layout;
  const service = "kubernetes.default.svc.cluster.local";
  const serviceNames = [...service.matchAll(/\.|$/g)].map(({ index }) => service.slice(0, index));
  await writePki(pki, [
    {
      name: "apiserver",
      commonName: "kube-apiserver",
      dnsNames: [...serviceNames, "localhost"],
      addresses: ["127.0.0.1", nodeAddress, firstService],
    },
    { name: "kubelet-serving", commonName: node, dnsNames: [node], addresses: [nodeAddress] },
    { name: "front-proxy", commonName: "front-proxy-client" },
    // Without the group, logs and exec are forbidden.
    { name: "kubelet-client", commonName: "apiserver-kubelet", organization: "system:masters" },
    { name: "admin", commonName: "admin", organization: "system:masters" },
    { name: "dns", commonName: "dns", organization: "system:masters" },
    { name: "kubelet", commonName: `system:node:${node}`, organization: "system:nodes" },
    { name: "controllers", commonName: "system:kube-controller-manager" },
    { name: "scheduler", commonName: "system:kube-scheduler" },
    { name: "proxy", commonName: "system:kube-proxy" },
  ]);
  const server = `https://${nodeAddress}:6443`;
  for (const name of ["dns", "kubelet", "controllers", "scheduler", "proxy"]) {
    await writeFile(join(pki, `${name}.kubeconfig`), await kubeconfigOf(pki, name, server), { mode: 0o600 });
  }
  await writeFile(layout.kubeconfig, await kubeconfigOf(pki, "admin", server), { mode: 0o600 });
}
