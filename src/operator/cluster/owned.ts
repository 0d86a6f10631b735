import { apiVersion, poolLabel } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";
import type { InformerObject } from "./informer.ts";

export interface OwnedObject extends InformerObject {
  readonly object: KubernetesObject;
  /** All writable fields as text. The same text means: no change since. */
  readonly written: string;
}

/** Reads an object with a pool's label; undefined for any other object. */
export function readOwned(object: KubernetesObject): OwnedObject | undefined {
  const pool = object.metadata.labels?.[poolLabel];
  return pool === undefined ? undefined : { metadata: object.metadata, pool, object, written: writtenOn(object) };
}

/**
 * Whether the pool owns the object. An object without an owner belongs to the pool in its label: a deletion left it
 * behind.
 */
export function isOurs({ metadata }: KubernetesObject, pool: BuilderPool): boolean {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  if (controller === undefined) return metadata.labels?.[poolLabel] === pool.metadata.name;
  return controller.apiVersion === apiVersion && controller.uid === pool.metadata.uid;
}

/** Message for people: the name is taken by another object. */
export function nameTakenMessage({ kind, metadata }: KubernetesObject, { metadata: { name } }: BuilderPool): string {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  const owner = controller === undefined ? "another owner" : `the ${controller.kind} "${controller.name}"`;
  return `The ${kind} "${metadata.name}" belongs to ${owner}: create the pool "${name}" under another name, or delete that ${kind}`;
}

function writtenOn(object: KubernetesObject): string {
  const { uid, labels, annotations, ownerReferences, finalizers, deletionTimestamp } = object.metadata;
  const metadata = { uid, labels, annotations, ownerReferences, finalizers, deletionTimestamp };
  return JSON.stringify({ ...object, metadata, status: undefined });
}
