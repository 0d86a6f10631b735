import type { LoadedImages } from "./images/load.ts";

/** The default folder of a kubelet for the volumes of pods. */
export const usualKubeletFolder = "/var/lib/kubelet";

/** Runs a Kubernetes cluster for the tests. Tests use only this interface. */
export interface ClusterProvider {
  readonly name: "local" | "kind" | "existing";
  /**
   * Returns a cluster with Ready nodes. Reuses a cluster that was started with `keep`, and deletes the remains of a
   * dead run. Rejects if another run uses the cluster.
   */
  up(options: { readonly keep: boolean }): Promise<RunningCluster>;
  /** Deletes the cluster. Does nothing without a cluster. */
  down(): Promise<void>;
  /** Absent if only the API of the cluster is in reach. */
  readonly faults?: ClusterFaults;
  /** Gives a machine outside the cluster a network. Absent if the network of the cluster is out of reach. */
  readonly connect?: (machine: number) => Promise<Cable>;
}

/** The network cable of a machine outside the cluster. It reaches API server, services and pods. */
export interface Cable {
  /** File of the network namespace. */
  readonly network: string;
  /** Address of the name server of the cluster. */
  readonly nameServer: string;
  /** Pulls the cable: the machine keeps address and routes, and all packets are lost. */
  pull(): Promise<void>;
  plugIn(): Promise<void>;
  remove(): Promise<void>;
}

/** Faults that cannot be caused through the API server. */
export interface ClusterFaults {
  /** Kills the API server. etcd keeps its data. */
  stopApiServer(): Promise<void>;
  /** Restarts the API server at the same address. Resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Kills the first process of a container with SIGKILL. `id` is the container ID in the status of the pod. */
  killContainer(id: string): Promise<void>;
  /** Simulates a power cut of the only node: kills kubelet, container runtime and all containers. Volumes stay. */
  crashNode(): Promise<void>;
  /** Boots the node. Resolves when the API server reports the node as Ready. */
  startNode(): Promise<void>;
}

export interface RunningCluster {
  readonly provider: ClusterProvider["name"];
  /** Path of a kubeconfig with cluster administrator rights. */
  readonly kubeconfig: string;
  /** Address at which pods reach servers of this machine. Absent if no such address exists. */
  readonly hostAddress?: string;
  /** Folder in which the kubelets keep the volumes of pods. */
  readonly kubeletFolder: string;
  /** Whether the cluster existed before `up`. */
  readonly found: boolean;
  /** Images that the cluster pulls. Absent if images are built here and loaded. */
  readonly images?: LoadedImages;
  /** Loads the image of a docker-archive into every node, under the names in the archive. */
  loadImage(archive: string): Promise<void>;
  /** Writes the logs of the cluster's programs into a new folder. */
  exportLogs(folder: string): Promise<void>;
}
