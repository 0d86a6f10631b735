import { poolLabel } from "../../api/objects/group.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "../../store/kubernetes/client.ts";
import type { Identified } from "../../store/kubernetes/watch/known.ts";
import { type ReflectFact, reflect } from "../../store/kubernetes/watch/reflect.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

/** What a watch of one kind has shown so far of the objects that carry a pool's label. */
export interface Informer<T> {
  /** Resolves when everything that existed has been seen; never, when the signal aborts before. */
  readonly synced: Promise<void>;
  /** Whether news arrive now. While they do not, what is shown may be old. */
  isHealthy(): boolean;
  get(name: string): T | undefined;
  /** Those that carry the label of this pool. */
  of(pool: string): readonly T[];
  /** Shows what a write of our own returned, before the watch does; unless the watch has shown meanwhile that it is gone. */
  put(object: T): void;
}

export interface InformerWorld {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Counts what the watches do. */
  readonly count?: (fact: ReflectFact, kind: string) => void;
}

export interface InformerObject extends Identified {
  /** The pool whose label it carries. */
  readonly pool: string;
}

/** A write is answered long before so many others are gone. */
const longestMemory = 1000;

/** Begins to watch. `read` takes what is needed of an object; `onChange` hears the pool of each that changed. */
export function createInformer<T extends InformerObject>(
  { client, clock, log, signal, count = () => {} }: InformerWorld,
  resource: Resource,
  read: (object: KubernetesObject) => T | undefined,
  onChange: (pool: string) => void,
): Informer<T> {
  const objects = new Map<string, T>();
  /** UIDs that never come back. */
  const gone = new Set<string | undefined>();
  const synced = Promise.withResolvers<void>();
  let isHealthy = false;

  async function follow(): Promise<void> {
    const options = { labelSelector: poolLabel, read, onHealth: (healthy: boolean) => (isHealthy = healthy) };
    for await (const change of reflect(client, resource, options, { clock, log, count }, signal)) {
      if (change.type === "Synced") {
        for (const name of objects.keys()) if (!change.names.has(name)) objects.delete(name);
        synced.resolve();
        continue;
      }
      const { object } = change;
      if (change.type === "Deleted") forget(object);
      else objects.set(object.metadata.name, object);
      onChange(object.pool);
    }
  }

  function forget({ metadata: { name, uid } }: T): void {
    objects.delete(name);
    gone.add(uid);
    const [oldest] = gone;
    if (gone.size > longestMemory) gone.delete(oldest);
  }

  void follow(); // it ends by its signal alone: whatever else ends it is a bug and may end the process
  return {
    synced: synced.promise,
    isHealthy: () => isHealthy,
    get: (name) => objects.get(name),
    of: (pool) => [...objects.values()].filter((object) => object.pool === pool),
    put(object) {
      if (!gone.has(object.metadata.uid)) objects.set(object.metadata.name, object);
    },
  };
}
