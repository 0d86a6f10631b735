import type { LoadedImages } from "./images/load.ts";

/** Where a kubelet keeps the volumes of pods, unless it is told otherwise. */
export const usualKubeletFolder = "/var/lib/kubelet";

/** Somebody who runs a Kubernetes cluster for the tests. Tests see only this, whoever it is. */
export interface ClusterProvider {
  readonly name: "local" | "kind" | "existing";
  /**
   * A cluster whose nodes are Ready. One that was brought up to `keep` is found again; what a run that died left behind is
   * removed first; one that another run uses is left alone, and the promise rejects.
   */
  up(options: { readonly keep: boolean }): Promise<RunningCluster>;
  /** Ends and deletes what `up` made; does nothing when there is nothing. */
  down(): Promise<void>;
  /** Absent where nothing below the API is in reach. */
  readonly faults?: ClusterFaults;
}

/** What happens to clusters and cannot be asked of an API server. */
export interface ClusterFaults {
  /** Kills the API server; etcd keeps what it held. */
  stopApiServer(): Promise<void>;
  /** Starts it again, at the same address; resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Kills the first process of a container, whose id is given as in the status of its pod: nothing can be said or given back. */
  killContainer(id: string): Promise<void>;
  /** Takes its power from the node on which everything runs: kubelet, containers and all; volumes stay. */
  crashNode(): Promise<void>;
  /** Boots it; resolves when it is Ready, which the API server believes it has been until it missed it. */
  startNode(): Promise<void>;
}

export interface RunningCluster {
  readonly provider: ClusterProvider["name"];
  /** A file that makes its bearer a cluster administrator. */
  readonly kubeconfig: string;
  /** Where pods reach servers of this machine; absent when they cannot. */
  readonly hostAddress?: string;
  /** Where the kubelets of its nodes keep the volumes of pods. */
  readonly kubeletFolder: string;
  /** Whether it was there before `up`. */
  readonly found: boolean;
  /** Images that it pulls by itself; absent where they are built here and loaded. */
  readonly images?: LoadedImages;
  /** Makes the image in a docker-archive known to every node, under the name that is written in it. */
  loadImage(archive: string): Promise<void>;
  /** Logs of the programs of the cluster itself, into a folder that is made. */
  exportLogs(folder: string): Promise<void>;
}
