import type { LoadedImages } from "./images/load.ts";

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
}

export interface RunningCluster {
  readonly provider: ClusterProvider["name"];
  /** A file that makes its bearer a cluster administrator. */
  readonly kubeconfig: string;
  /** Where pods reach servers of this machine; absent when they cannot. */
  readonly hostAddress?: string;
  /** Whether it was there before `up`. */
  readonly found: boolean;
  /** Images that it pulls by itself; absent where they are built here and loaded. */
  readonly images?: LoadedImages;
  /** Makes the image in a docker-archive known to every node, under the name that is written in it. */
  loadImage(archive: string): Promise<void>;
  /** Logs of the programs of the cluster itself, into a folder that is made. */
  exportLogs(folder: string): Promise<void>;
}
