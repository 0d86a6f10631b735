import { join } from "node:path";

/** Names and addresses of one cluster on this machine. Every slot has different ones. */
export interface Layout {
  readonly slot: number;
  /** All files of the cluster, and the records of its processes. */
  readonly folder: string;
  readonly pki: string;
  readonly logs: string;
  readonly kubeletFolder: string;
  readonly kubeconfig: string;
  readonly containerdSocket: string;
  /** Name of the network namespace, and of the cgroup for the pods of the kubelet. */
  readonly name: string;
  readonly node: string;
  readonly bridge: string;
  /** The two ends of the veth pair between the machine and the cluster. */
  readonly hostEnd: string;
  readonly clusterEnd: string;
  /** Address of the machine for pods. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly pods: string;
  readonly services: string;
  /** The address of the service `kubernetes`. */
  readonly firstService: string;
}

export function layoutOf(slot: number): Layout {
  const name = `builderpool-${slot}`;
  const folder = `/var/lib/builderpool-cluster/${slot}`;
  return {
    slot,
    folder,
    pki: join(folder, "pki"),
    logs: join(folder, "logs"),
    kubeletFolder: join(folder, "kubelet"),
    kubeconfig: join(folder, "kubeconfig"),
    containerdSocket: join(folder, "containerd.sock"),
    name,
    node: "node-1",
    bridge: "bp0",
    hostEnd: `bp${slot}-host`,
    clusterEnd: `bp${slot}-cluster`,
    hostAddress: `10.200.${slot}.1`,
    nodeAddress: `10.200.${slot}.2`,
    pods: `10.${210 + slot}.0.0/16`,
    services: `10.${230 + slot}.0.0/16`,
    firstService: `10.${230 + slot}.0.1`,
  };
}
