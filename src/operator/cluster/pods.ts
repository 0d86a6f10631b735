import { poolLabel } from "../../api/objects/group.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import { isStoreError } from "../../store/error.ts";
import { createInformer, type InformerWorld } from "./informer.ts";
import { readPod } from "./pod.ts";
import { pods as resource } from "./resources.ts";

export interface Pods {
  readonly synced: Promise<void>;
  /** The pool's pods in the order of ordinals. A pod of `knownUids` that is missing here is dead. */
  observe(pool: string, knownUids: ReadonlySet<string>): Promise<readonly Pod[]>;
  /** Deletes the pod with this UID. Does nothing when the pod is gone or replaced. */
  delete(name: string, uid: string, graceMs: number): Promise<void>;
}

/** Watches the pods of all pools. A pod missing from the watch counts as dead only after a list confirms it. */
export function watchPods(world: InformerWorld, onChange: (pool: string) => void): Pods {
  const { client, signal } = world;
  const informer = createInformer(world, resource, readPod, onChange);
  /** Known UIDs missing from a list, per pool. A UID never returns. */
  const gone = new Map<string, ReadonlySet<string>>();

  async function list(pool: string): Promise<readonly Pod[]> {
    const { items } = await client.list(resource, { labelSelector: `${poolLabel}=${pool}` }, signal);
    return items.flatMap((item) => readPod(item)?.pod ?? []);
  }

  return {
    synced: informer.synced,
    async observe(pool, knownUids) {
      await informer.synced;
      const watched = informer.of(pool).map(({ pod }) => pod);
      if (informer.isHealthy() && missing(knownUids, watched, gone.get(pool)).length === 0) return byOrdinal(watched);
      const listed = await list(pool);
      gone.set(pool, new Set(missing(knownUids, listed)));
      return byOrdinal(listed);
    },
    async delete(name, uid, graceMs) {
      try {
        await client.delete(resource, name, { uid, gracePeriodSeconds: Math.ceil(graceMs / 1000) });
      } catch (error) {
        if (!isStoreError(error, "NotFound") && !isStoreError(error, "Conflict")) throw error;
      }
      // The pod terminates from now on, although the watch may show it later. This prevents a second delete.
      const watched = informer.get(name);
      if (watched?.metadata.uid === uid) informer.put({ ...watched, pod: { ...watched.pod, terminating: true } });
    },
  };
}

function missing(
  knownUids: ReadonlySet<string>,
  pods: readonly Pod[],
  gone: ReadonlySet<string> = new Set(),
): readonly string[] {
  const present = new Set(pods.map(({ uid }) => uid));
  return [...knownUids].filter((uid) => !present.has(uid) && !gone.has(uid));
}

function byOrdinal(pods: readonly Pod[]): readonly Pod[] {
  return pods.toSorted((a, b) => a.ordinal - b.ordinal);
}
