import { poolLabel } from "../../api/objects/group.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import { isStoreError } from "../../store/error.ts";
import { createInformer, type InformerWorld } from "./informer.ts";
import { readPod } from "./pod.ts";
import { pods as resource } from "./resources.ts";

export interface Pods {
  readonly synced: Promise<void>;
  /** In the order of ordinals; one of `heardOf` that is missing is dead. */
  observe(pool: string, heardOf: ReadonlySet<string>): Promise<readonly Pod[]>;
  /** Deletes that very pod; nothing when it is gone, or another has taken its place. */
  delete(name: string, uid: string, graceMs: number): Promise<void>;
}

/** The pods of all pools, as a watch shows them. That one is missing is believed only after the API server was asked. */
export function watchPods(world: InformerWorld, onChange: (pool: string) => void): Pods {
  const { client, signal } = world;
  const informer = createInformer(world, resource, readPod, onChange);
  /** UIDs that a list did not show after they had been heard of: they never come back. */
  const gone = new Map<string, ReadonlySet<string>>();

  async function list(pool: string): Promise<readonly Pod[]> {
    const { items } = await client.list(resource, { labelSelector: `${poolLabel}=${pool}` }, signal);
    return items.flatMap((item) => readPod(item)?.pod ?? []);
  }

  return {
    synced: informer.synced,
    async observe(pool, heardOf) {
      await informer.synced;
      const seen = informer.of(pool).map(({ pod }) => pod);
      if (informer.isHealthy() && missing(heardOf, seen, gone.get(pool)).length === 0) return inOrder(seen);
      const listed = await list(pool);
      gone.set(pool, new Set(missing(heardOf, listed)));
      return inOrder(listed);
    },
    async delete(name, uid, graceMs) {
      try {
        await client.delete(resource, name, { uid, gracePeriodSeconds: Math.ceil(graceMs / 1000) });
      } catch (error) {
        if (!isStoreError(error, "NotFound") && !isStoreError(error, "Conflict")) throw error;
      }
      // It ends from now on, whenever the watch says so: it need not be deleted twice.
      const shown = informer.get(name);
      if (shown?.metadata.uid === uid) informer.put({ ...shown, pod: { ...shown.pod, terminating: true } });
    },
  };
}

function missing(
  heardOf: ReadonlySet<string>,
  pods: readonly Pod[],
  gone: ReadonlySet<string> = new Set(),
): readonly string[] {
  const there = new Set(pods.map(({ uid }) => uid));
  return [...heardOf].filter((uid) => !there.has(uid) && !gone.has(uid));
}

function inOrder(pods: readonly Pod[]): readonly Pod[] {
  return pods.toSorted((a, b) => a.ordinal - b.ordinal);
}
