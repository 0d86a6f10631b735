import { isStoreError } from "../error.ts";
import { joinedOwners } from "../owners.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "./client.ts";

/** Each conflict means that another writer succeeded. 20 in a row mean two writers that undo each other. */
const attempts = 20;

/**
 * Implements `ObjectStore.apply`: creates the object, or merges labels, annotations, owners, finalizers and spec into
 * the stored object. Uses a merge patch: server-side apply would remove fields that this manager applied earlier and
 * omits now. Throws Conflict after 20 attempts.
 */
export async function mergeOrCreate(
  client: Pick<KubernetesClient, "get" | "merge" | "create">,
  resource: Resource,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const { name } = object.metadata;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.merge(resource, name, await patchOf(client, resource, object));
    } catch (error) {
      const isRace = isStoreError(error, "Conflict") && attempt < attempts;
      if (!isRace && !isStoreError(error, "NotFound")) throw error;
    }
    try {
      const { resourceVersion: _, ...metadata } = object.metadata;
      return await client.create(resource, { ...object, metadata });
    } catch (error) {
      if (!isStoreError(error, "AlreadyExists") || attempt >= attempts) throw error;
    }
  }
}

/**
 * A merge patch replaces lists. The patch therefore carries each list with the additions, and the version it was read
 * at.
 */
async function patchOf(
  client: Pick<KubernetesClient, "get">,
  resource: Resource,
  { metadata, spec }: KubernetesObject,
): Promise<object> {
  const { name, labels, annotations, ownerReferences, finalizers } = metadata;
  const patch = { labels, annotations };
  if (ownerReferences === undefined && finalizers === undefined) return { metadata: patch, spec };
  const now = (await client.get(resource, name))?.metadata;
  return {
    metadata: {
      ...patch,
      resourceVersion: now?.resourceVersion,
      ownerReferences: ownerReferences && joinedOwners(now?.ownerReferences, ownerReferences),
      finalizers: finalizers && [...new Set([...(now?.finalizers ?? []), ...finalizers])],
    },
    spec,
  };
}
