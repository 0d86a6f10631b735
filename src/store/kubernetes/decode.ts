import { z } from "zod";
import { type Kind, kinds, type Stored } from "../../api/objects/kinds.ts";
import type { StoredMeta } from "../../api/objects/metadata.ts";
import type { Log } from "../../system/log.ts";
import { StoreError } from "../error.ts";
import type { KubernetesObject } from "./client.ts";

/** Where plain JSON of the server becomes objects of ours. */
export interface Decoder {
  /** The object; undefined, counted and logged once for each version, when it does not fit its schema. */
  read<K extends Kind>(kind: K, object: KubernetesObject): Stored<K> | undefined;
  /** The same, but throws Invalid: for one object that was asked for by name, which must not look absent. */
  demand<K extends Kind>(kind: K, object: KubernetesObject): Stored<K>;
}

export function createDecoder({ log, count }: { readonly log: Log; readonly count: (kind: Kind) => void }): Decoder {
  /** The last version of each unreadable object that was complained about. */
  const known = new Map<string, string | undefined>();

  return {
    read(kind, object) {
      const { name, resourceVersion } = object.metadata;
      const key = `${kind}/${name}`;
      const result = parsed(kind, object);
      if (!("problem" in result)) {
        known.delete(key);
        return result.object;
      }
      if (known.get(key) !== resourceVersion || !known.has(key)) {
        known.set(key, resourceVersion);
        count(kind);
        log.warn({ object: key, problem: result.problem }, "an object does not fit its schema and is left out");
      }
      return undefined;
    },
    demand(kind, object) {
      const result = parsed(kind, object);
      if (!("problem" in result)) return result.object;
      throw new StoreError("Invalid", `${kind} "${object.metadata.name}" does not fit its schema: ${result.problem}`);
    },
  };
}

/** What we do not know is kept, as it must survive an update; who wrote which field is of no use to us, and half of an object's size. */
function parsed<K extends Kind>(kind: K, object: KubernetesObject): { object: Stored<K> } | { problem: string } {
  const result = kinds[kind].safeParse(object);
  if (!result.success) return { problem: z.prettifyError(result.error).slice(0, 1000) };
  const { managedFields: _, ...metadata } = object.metadata as StoredMeta & { readonly managedFields?: unknown };
  // The server sets the fields of StoredMeta on everything, but counts no generations of its own Leases.
  const stored = { ...metadata, ...result.data.metadata, generation: metadata.generation ?? 0 } as StoredMeta;
  return { object: { ...object, ...result.data, metadata: stored } as Stored<K> };
}
