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
import { bodyOf, createBodyOf, updateBodyOf } from "./written.ts";

/** Options of `createKubernetesStore`. */
export interface KubernetesStoreOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts facts of the watches, and objects that do not fit their schema ("Unreadable"). */
  readonly count?: (fact: ReflectFact | "Unreadable", kind: string) => void;
}

type Watches = { readonly [K in Kind]: Map<string, SharedWatch<Stored<K>>> };

/**
 * Creates the object store over the API server, for the namespace of the client.
 * Lists and watches omit an object that does not fit its schema, and count and log each such version once. `get` throws
 * Invalid for it. Watches of the same kind and selector share one connection and their frozen objects.
 */
export function createKubernetesStore({ client, clock, log, count = () => {} }: KubernetesStoreOptions): ObjectStore {
  const decoder = createDecoder({ log, count: (kind) => count("Unreadable", kind) });
  const watches: Watches = { BuilderPool: new Map(), Builder: new Map(), Build: new Map(), Lease: new Map() };

  function watch<K extends Kind>(kind: K, { selector, ...reader }: WatchOptions): AsyncIterable<Change<K>> {
    const { labelSelector } = selectorOf(selector);
    const key = labelSelector ?? "";
    const ofKind: Map<string, SharedWatch<Stored<K>>> = watches[kind];
    const shared =
      ofKind.get(key) ??
      createSharedWatch<Stored<K>>(({ signal, onHealth }) => {
        const options = {
          ...selectorOf(selector),
          read: (object: KubernetesObject) => decoder.decode(kind, object),
          onHealth,
        };
        return reflect(client, resources[kind], options, { clock, log, count }, signal);
      });
    ofKind.set(key, shared);
    return shared.read(reader);
  }

  return {
    async get<K extends Kind>(kind: K, name: string) {
      const found = await client.get(resources[kind], name);
      return found && decoder.decodeOrThrow(kind, found);
    },

    async list<K extends Kind>(kind: K, selector?: Selector) {
      const objects: Stored<K>[] = [];
      for await (const { items } of client.pages(resources[kind], selectorOf(selector)))
        for (const item of items) {
          const object = decoder.decode(kind, item);
          if (object !== undefined) objects.push(object);
        }
      return objects;
    },

    watch,

    async create<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      return decoder.decodeOrThrow(kind, await client.create(resources[kind], createBodyOf(kind, object)));
    },

    async apply<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      return decoder.decodeOrThrow(kind, await mergeOrCreate(client, resources[kind], bodyOf(object)));
    },

    async update<K extends Kind>(kind: K, object: Stored<K>) {
      try {
        return decoder.decodeOrThrow(kind, await client.update(resources[kind], updateBodyOf(kind, object)));
      } catch (error) {
        // Updating a deleted Lease: the server tries to create it, sees the mismatched UID and answers Conflict.
        if (kind !== "Lease" || !isStoreError(error, "Conflict")) throw error;
        const { name } = object.metadata;
        if ((await client.get(resources[kind], name)) !== undefined) throw error;
        throw new StoreError("NotFound", `Lease "${name}" does not exist`, { cause: error });
      }
    },

    async updateStatus<K extends Kind>(kind: K, object: Stored<K>) {
      if (kind === "Lease") throw new StoreError("Invalid", `Lease "${object.metadata.name}" has no status`);
      return decoder.decodeOrThrow(kind, await client.update(resources[kind], updateBodyOf(kind, object), "status"));
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
