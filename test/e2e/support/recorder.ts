import { Build } from "../../../src/api/objects/build.ts";
import { Builder } from "../../../src/api/objects/builder.ts";
import { isStoreError } from "../../../src/store/error.ts";
import type { KubernetesObject, Resource, WatchOptions } from "../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { resources } from "../../../src/store/kubernetes/resources.ts";
import { systemClock } from "../../../src/system/clock.ts";
import type { Recorded } from "../../support/up/recorder.ts";
import { waitFor } from "./waitFor.ts";

export interface ClusterRecorder {
  /**
   * Every state of every Build and Builder since `record`, in the order of the API server.
   * Waits until the watches have delivered everything that the API server has at the time of the call.
   */
  writes(): Promise<readonly Recorded[]>;
  close(): Promise<void>;
}

/**
 * Records every write of Builds and Builders in a namespace. A watch of the API server merges no writes.
 * A broken watch continues at its last version. A restarted API server may not know that version: the recorder then
 * lists again and misses all states before the listed one.
 */
export async function record(kubeconfig: string, namespace: string): Promise<ClusterRecorder> {
  const client = createKubernetesClient(await accessFromKubeConfig(kubeconfig, systemClock), namespace);
  const stop = new AbortController();
  const seen = new Map<number, Recorded>();

  function take(object: KubernetesObject): void {
    const recorded: Recorded =
      object.kind === "Build"
        ? { kind: "Build", object: Build.parse(object) }
        : { kind: "Builder", object: Builder.parse(object) };
    seen.set(Number(object.metadata.resourceVersion), recorded);
  }

  async function list(resource: Resource): Promise<string> {
    const { items, resourceVersion } = await client.list(resource, {}, stop.signal);
    for (const item of items) take({ ...item, apiVersion: resource.apiVersion, kind: resource.kind });
    return resourceVersion;
  }

  async function follow(resource: Resource): Promise<void> {
    let version: string | undefined = await list(resource);
    void (async () => {
      while (!stop.signal.aborted) {
        try {
          version ??= await list(resource);
          const options: WatchOptions = { resourceVersion: version, timeoutSeconds: 300 };
          for await (const { type, object } of client.watch(resource, options, stop.signal)) {
            version = object.metadata.resourceVersion;
            if (type === "ADDED" || type === "MODIFIED") take(object);
          }
        } catch (error) {
          if (stop.signal.aborted) return;
          if (isStoreError(error, "Expired")) version = undefined;
          await systemClock.sleep(500, stop.signal).catch(() => {});
        }
      }
    })();
  }

  /** Versions of all Builds and Builders now. */
  async function currentVersions(): Promise<readonly number[]> {
    const kinds = [resources.Build, resources.Builder];
    const lists = await Promise.all(kinds.map((resource) => client.list(resource, {}, stop.signal)));
    return lists.flatMap(({ items }) => items.map(({ metadata }) => Number(metadata.resourceVersion)));
  }

  await Promise.all([follow(resources.Build), follow(resources.Builder)]);
  return {
    async writes() {
      const versions = await waitFor("a list of Builds and Builders", currentVersions);
      await waitFor("the watches to deliver the listed versions", async () => versions.every((at) => seen.has(at)));
      return [...seen].toSorted(([a], [b]) => a - b).map(([, recorded]) => recorded);
    },
    async close() {
      stop.abort();
    },
  };
}
