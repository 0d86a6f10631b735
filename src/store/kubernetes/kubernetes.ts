import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError, StoreError } from "../error.ts";
import type { Change, ObjectStore, Precondition, Selector, WatchOptions } from "../objectStore.ts";
import type { KubernetesClient, KubernetesObject } from "./client.ts";
import { createDecoder } from "./decode.ts";
import { mergeOrCreate } from "./merge.ts";
import { resources } from "./resources.ts";
import { type ReflectFact, reflect } from "./watch/reflect.ts";
import { createSharedWatch, type SharedWatch } from "./watch/shared.ts";
import { created, rewritten, written } from "./written.ts";

export interface KubernetesStoreOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what the watches do, and objects that do not fit their schema. */
  readonly count?: (fact: ReflectFact | "Unreadable", kind: string) => void;
}

type Watches = { readonly [K in Kind]: Map<string, SharedWatch<Stored<K>>> };

/**
 * The bus in a cluster: the objects of one namespace, on its API server. An object that does not fit its schema is left out of lists and
 * watches, counted, and logged once for each version of it; asked for by name it is Invalid. Watches of the same kind and selector share
 * one connection and their objects, which are frozen.
 */
export function createKubernetesStore({ client, clock, log, count = () => {} }: KubernetesStoreOptions): ObjectStore {
  const door = createDecoder({ log, count: (kind) => count("Unreadable", kind) });
  const watches: Watches = { BuilderPool: new Map(), Builder: new Map(), Build: new Map(), Lease: new Map() };

  function watch<K extends Kind>(kind: K, { selector, ...reader }: WatchOptions): AsyncIterable<Change<K>> {
    const { labelSelector } = selectorOf(selector);
    const key = labelSelector ?? "";
    const of: Map<string, SharedWatch<Stored<K>>> = watches[kind];
    const shared =
      of.get(key) ??
      createSharedWatch<Stored<K>>(({ signal, onHealth }) => {
        const options = {
          ...selectorOf(selector),
          read: (object: KubernetesObject) => door.read(kind, object),
          onHealth,
        };
        return reflect(client, resources[kind], options, { clock, log, count }, signal);
      });
    of.set(key, shared);
    return shared.read(reader);
  }

  return {
    async get<K extends Kind>(kind: K, name: string) {
      const found = await client.get(resources[kind], name);
      return found && door.demand(kind, found);
    },

    async list<K extends Kind>(kind: K, selector?: Selector) {
      const objects: Stored<K>[] = [];
      for await (const { items } of client.pages(resources[kind], selectorOf(selector)))
        for (const item of items) {
          const object = door.read(kind, item);
          if (object !== undefined) objects.push(object);
        }
      return objects;
    },

    watch,

    async create<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      return door.demand(kind, await client.create(resources[kind], created(kind, object)));
    },

    async apply<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      return door.demand(kind, await mergeOrCreate(client, resources[kind], written(object)));
    },

    async update<K extends Kind>(kind: K, object: Stored<K>) {
      try {
        return door.demand(kind, await client.update(resources[kind], rewritten(kind, object)));
      } catch (error) {
        // The server would create a Lease that is gone, finds that it is not the one meant, and says Conflict.
        if (kind !== "Lease" || !isStoreError(error, "Conflict")) throw error;
        const { name } = object.metadata;
        if ((await client.get(resources[kind], name)) !== undefined) throw error;
        throw new StoreError("NotFound", `Lease "${name}" does not exist`, { cause: error });
      }
    },

    async updateStatus<K extends Kind>(kind: K, object: Stored<K>) {
      if (kind === "Lease") throw new StoreError("Invalid", `Lease "${object.metadata.name}" has no status`);
      return door.demand(kind, await client.update(resources[kind], rewritten(kind, object), "status"));
    },

    async delete(kind: Kind, name: string, precondition: Precondition = {}) {
      await client.delete(resources[kind], name, precondition);
    },
  };
}

function selectorOf(selector: Selector | undefined): { readonly labelSelector?: string } {
  const labels = Object.entries(selector?.labels ?? {});
  return labels.length === 0 ? {} : { labelSelector: labels.map(([label, value]) => `${label}=${value}`).join(",") };
}
