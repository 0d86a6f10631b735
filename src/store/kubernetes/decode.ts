import { z } from "zod";
import type { Kind, Stored } from "../../api/objects/kinds.ts";
import type { StoredMeta } from "../../api/objects/metadata.ts";
import type { Log } from "../../system/log.ts";
import { StoreError } from "../error.ts";
import { readObject } from "../newer.ts";
import type { KubernetesObject } from "./client.ts";

/** Decodes plain JSON of the API server into typed objects. */
export interface Decoder {
  /** Returns the object, or undefined if it does not fit its schema. Counts and logs each unreadable version once. */
  decode<K extends Kind>(kind: K, object: KubernetesObject): Stored<K> | undefined;
  /** Returns the object or throws Invalid. For an object requested by name, which must not look absent. */
  decodeOrThrow<K extends Kind>(kind: K, object: KubernetesObject): Stored<K>;
}

/** Creates a decoder. `count` is called once for each unreadable version of an object. */
export function createDecoder({ log, count }: { readonly log: Log; readonly count: (kind: Kind) => void }): Decoder {
  /** Last logged version of each unreadable object. */
  const logged = new Map<string, string | undefined>();
  /** Last logged words of each object of a newer version. */
  const loggedWords = new Map<string, string>();

  function logNewerWords(object: string, words: readonly string[]): void {
    const text = words.join("; ");
    if ((loggedWords.get(object) ?? "") === text) return;
    if (text === "") loggedWords.delete(object);
    else {
      loggedWords.set(object, text);
      log.warn({ object, words }, "object has words of a newer version of builderpool; update this program");
    }
  }

  return {
    decode(kind, object) {
      const { name, resourceVersion } = object.metadata;
      const key = `${kind}/${name}`;
      const result = parse(kind, object);
      if (!("problem" in result)) {
        logged.delete(key);
        logNewerWords(key, result.newerWords);
        return result.object;
      }
      if (logged.get(key) !== resourceVersion || !logged.has(key)) {
        logged.set(key, resourceVersion);
        count(kind);
        log.warn(
          { object: key, problem: result.problem },
          "object does not fit its schema and is ignored until it is corrected",
        );
      }
      return undefined;
    },
    decodeOrThrow(kind, object) {
      const result = parse(kind, object);
      if (!("problem" in result)) return result.object;
      throw new StoreError("Invalid", `${kind} "${object.metadata.name}" does not fit its schema: ${result.problem}`);
    },
  };
}

/**
 * Keeps unknown fields, so that they survive an update. Drops `managedFields`: they are unused and half of an object's
 * size.
 */
function parse<K extends Kind>(
  kind: K,
  object: KubernetesObject,
): { object: Stored<K>; newerWords: readonly string[] } | { problem: string } {
  const result = readObject(kind, object);
  if ("problem" in result) return { problem: z.prettifyError(result.problem).slice(0, 1000) };
  const { managedFields: _, ...metadata } = object.metadata as StoredMeta & { readonly managedFields?: unknown };
  // The server sets all fields of StoredMeta, except the generation of a Lease.
  const stored = { ...metadata, ...result.object.metadata, generation: metadata.generation ?? 0 } as StoredMeta;
  const { managedFields: __, ...known } = stored as StoredMeta & { readonly managedFields?: unknown };
  return { object: { ...result.object, metadata: known } as Stored<K>, newerWords: result.newerWords };
}
