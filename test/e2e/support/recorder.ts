import { Build } from "../../../src/api/build.ts";
import { Builder } from "../../../src/api/builder.ts";
import type { KubernetesObject, Resource } from "../../../src/store/kubernetes/client.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { kubernetesClient } from "../../../src/store/kubernetes/kubernetesClient.ts";
import { resources } from "../../../src/store/kubernetes/resources.ts";
import { systemClock } from "../../../src/system/clock.ts";
import type { Recorded } from "../../support/up/recorder.ts";

export interface ClusterRecorder {
  /** Every state of every Build and Builder since `record`, in the order in which the API server took them. */
  writes(): readonly Recorded[];
  close(): Promise<void>;
}

/**
 * Hears every write of Builds and Builders in a namespace. A watch of the API server merges nothing, and one that breaks goes on where it
 * was; a gap would be an error of the test, so it is thrown by `writes`.
 */
export async function record(kubeconfig: string, namespace: string): Promise<ClusterRecorder> {
  const client = kubernetesClient(await accessFromKubeConfig(kubeconfig, systemClock), namespace);
  const stop = new AbortController();
  const seen: { readonly version: number; readonly recorded: Recorded }[] = [];
  let gap: Error | undefined;

  function take(object: KubernetesObject): void {
    const recorded: Recorded =
      object.kind === "Build"
        ? { kind: "Build", object: Build.parse(object) }
        : { kind: "Builder", object: Builder.parse(object) };
    seen.push({ version: Number(object.metadata.resourceVersion), recorded });
  }

  async function follow(resource: Resource): Promise<void> {
    let version: string | undefined;
    for await (const page of client.pages(resource, {}, stop.signal)) {
      for (const item of page.items) take({ ...item, apiVersion: resource.apiVersion, kind: resource.kind });
      version = page.resourceVersion;
    }
    void (async () => {
      while (!stop.signal.aborted) {
        const from = version === undefined ? {} : { resourceVersion: version };
        try {
          for await (const { type, object } of client.watch(resource, { ...from, timeoutSeconds: 300 }, stop.signal)) {
            version = object.metadata.resourceVersion;
            if (type === "ADDED" || type === "MODIFIED") take(object);
          }
        } catch (error) {
          if (stop.signal.aborted) return;
          if (error instanceof Error && "code" in error && error.code === "Expired") gap = error;
          await systemClock.sleep(500, stop.signal).catch(() => {});
        }
      }
    })();
  }

  await Promise.all([follow(resources.Build), follow(resources.Builder)]);
  return {
    writes() {
      if (gap !== undefined) throw gap;
      return seen.toSorted((a, b) => a.version - b.version).map(({ recorded }) => recorded);
    },
    async close() {
      stop.abort();
    },
  };
}
