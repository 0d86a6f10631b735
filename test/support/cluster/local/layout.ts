import { join } from "node:path";

/** Names and addresses of the cluster of one machine; those of different slots do not meet. */
export interface Layout {
  readonly slot: number;
  /** Everything it keeps, and every process that is to be stopped. */
  readonly folder: string;
  readonly pki: string;
  readonly logs: string;
  readonly kubeletFolder: string;
  readonly kubeconfig: string;
  readonly containerdSocket: string;
  /** Network namespace, and cgroup below which the kubelet puts its pods. */
  readonly name: string;
  readonly node: string;
  readonly bridge: string;
  /** The two ends of the cable between the machine and the cluster. */
  readonly hostEnd: string;
  readonly clusterEnd: string;
  /** Where the machine is reached by pods. */
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
