import { isStoreError } from "../error.ts";
import { joinedOwners } from "../owners.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "./client.ts";

/** Every conflict means that another writer got through; so many in a row mean two that undo each other. */
const attempts = 20;

/**
 * `ObjectStore.apply`: creates the object, or merges labels, annotations, owners, finalizers and spec into the one there is. A merge patch
 * and no server-side apply, which would take away what this manager applied before and does not give now.
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

/** A patch replaces lists, so what is to be added to one is added here, under the version that was read. */
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
