import { poolLabel } from "../../api/objects/group.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "../../store/kubernetes/client.ts";
import type { Identified } from "../../store/kubernetes/watch/known.ts";
import { type ReflectFact, reflect } from "../../store/kubernetes/watch/reflect.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

/** A watched copy of the objects of one kind that have a pool's label. */
export interface Informer<T> {
  /** Resolves after the first complete list; never when the signal aborts before. */
  readonly synced: Promise<void>;
  /** Whether changes arrive now. Otherwise the copy may be stale. */
  isHealthy(): boolean;
  get(name: string): T | undefined;
  /** Objects with the label of this pool. */
  of(pool: string): readonly T[];
  /**
   * Stores the result of our own write before the watch shows it. Ignored when the watch has shown its deletion
   * meanwhile.
   */
  put(object: T): void;
  /** Removes the object with this UID after our own delete, before the watch shows it. */
  forget(name: string, uid: string): void;
}

export interface InformerWorld {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Counts watch events. */
  readonly count?: (fact: ReflectFact, kind: string) => void;
}

export interface InformerObject extends Identified {
  /** The pool in the object's label. */
  readonly pool: string;
}

/** Number of remembered deletions. The reply to a write arrives long before so many other deletions. */
const rememberedDeletions = 1000;

/**
 * Starts to watch. `read` extracts the needed part of an object. `onChange` is called with the pool of each changed
 * object.
 */
export function createInformer<T extends InformerObject>(
  { client, clock, log, signal, count = () => {} }: InformerWorld,
  resource: Resource,
  read: (object: KubernetesObject) => T | undefined,
  onChange: (pool: string) => void,
  labelSelector: string = poolLabel,
): Informer<T> {
  const objects = new Map<string, T>();
  /** UIDs of deleted objects. */
  const gone = new Set<string | undefined>();
  const synced = Promise.withResolvers<void>();
  let isHealthy = false;

  async function follow(): Promise<void> {
    const options = { labelSelector, read, onHealth: (healthy: boolean) => (isHealthy = healthy) };
    for await (const change of reflect(client, resource, options, { clock, log, count }, signal)) {
      if (change.type === "Synced") {
        for (const name of objects.keys()) if (!change.names.has(name)) objects.delete(name);
        synced.resolve();
        continue;
      }
      const { object } = change;
      if (change.type === "Deleted") forget(object.metadata.name, object.metadata.uid);
      else objects.set(object.metadata.name, object);
      onChange(object.pool);
    }
  }

  function forget(name: string, uid: string | undefined): void {
    if (objects.get(name)?.metadata.uid === uid) objects.delete(name);
    gone.add(uid);
    const [oldest] = gone;
    if (gone.size > rememberedDeletions) gone.delete(oldest);
  }

  void follow(); // ends only by its signal: an error here is a bug and may end the process
  return {
    synced: synced.promise,
    isHealthy: () => isHealthy,
    get: (name) => objects.get(name),
    forget,
    of: (pool) => [...objects.values()].filter((object) => object.pool === pool),
    put(object) {
      if (!gone.has(object.metadata.uid)) objects.set(object.metadata.name, object);
    },
  };
}
