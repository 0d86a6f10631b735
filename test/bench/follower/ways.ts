import type { KubernetesObject } from "@kubernetes/client-node";
import type { Build } from "../../../src/api/objects/build.ts";
import { group, version } from "../../../src/api/objects/group.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { createKubernetesStore } from "../../../src/store/kubernetes/kubernetes.ts";
import { accessInPod } from "../../../src/store/kubernetes/pod.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import { createCache } from "../../../src/store/watch/cache.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";

export interface Source {
  /** The folder of a service account, a kubeconfig, or the file of an embedded store. */
  readonly file: string;
  readonly server: string;
  readonly namespace: string;
}

/** Resolves after the first list of all Builds. Then `onEvent` gets the send time of each change. */
type Follow = (source: Source, onEvent: (sentAt: number) => void) => Promise<void>;

const clock = systemClock;
const log = createLog({ level: "warn" });

/** The operator with one cache, with four caches, with client-node's informer, and with the embedded store. */
export const follows = {
  async ours({ file, server, namespace }, onEvent) {
    const { hostname, port } = new URL(server);
    const client = createKubernetesClient(accessInPod({ host: hostname, port, folder: file, clock }), namespace);
    await cached(createKubernetesStore({ client, clock, log }), onEvent);
  },

  async ours4({ file, server, namespace }, onEvent) {
    const { hostname, port } = new URL(server);
    const client = createKubernetesClient(accessInPod({ host: hostname, port, folder: file, clock }), namespace);
    const store = createKubernetesStore({ client, clock, log });
    await Promise.all([onEvent, () => {}, () => {}, () => {}].map((listener) => cached(store, listener)));
  },

  async embedded({ file }, onEvent) {
    await cached(openEmbeddedStore({ file, clock, log }), onEvent);
  },

  async clientNode({ file, namespace }, onEvent) {
    const { CustomObjectsApi, KubeConfig, makeInformer } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromFile(file);
    const api = config.makeApiClient(CustomObjectsApi);
    const list = () => api.listNamespacedCustomObject({ group, version, namespace, plural: "builds" });
    const path = `/apis/${group}/${version}/namespaces/${namespace}/builds`;
    const informer = makeInformer<KubernetesObject & Pick<Build, "status">>(config, path, list);
    informer.on("change", (build) => onEvent(sentAt(build)));
    await informer.start();
  },
} satisfies Record<string, Follow>;

export type Way = keyof typeof follows;

export function isWay(text: string | undefined): text is Way {
  return text !== undefined && Object.hasOwn(follows, text);
}

async function cached(store: ObjectStore, onEvent: (sentAt: number) => void): Promise<void> {
  const onChange = ({ object }: { readonly object: Build }) => onEvent(sentAt(object));
  await createCache(store, "Build", { signal: new AbortController().signal, onChange }).synced;
}

/** Send time of a change. The bench writes the time into `tree`. */
function sentAt({ status }: Pick<Build, "status">): number {
  return Number(status?.tree);
}
