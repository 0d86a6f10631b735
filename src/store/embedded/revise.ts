import { isDeepStrictEqual } from "node:util";
import { localNamespace } from "../../api/objects/group.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import { joinedOwners } from "../owners.ts";
import type { Document } from "./document.ts";

/** What a write makes of an object; each function is what the Kubernetes API does, without the storage beneath. */

/** A new object: what the store sets is set, whatever the caller wrote there, and status waits for updateStatus. */
export function asCreated({ status: _, ...given }: Document, uid: string, now: string): Document {
  const metadata = { namespace: localNamespace, ...withoutStoreFields(given.metadata) };
  return { ...given, metadata: { ...metadata, uid, generation: firstGeneration(given), creationTimestamp: now } };
}

/** Everything but status as given; what the store sets stays as it was. */
export function asUpdated(current: Document, { status: _, ...given }: Document): Document {
  const metadata = {
    namespace: localNamespace,
    ...withoutStoreFields(given.metadata),
    ...pick(current.metadata, storeFieldNames),
  };
  return withStatus({ ...given, metadata }, current);
}

/** What is given goes in, what is not given stays: maps are merged, owners and finalizers added, other lists replaced. */
export function asApplied(current: Document, given: Document): Document {
  const { ownerReferences, finalizers } = given.metadata;
  const metadata = {
    ...merged(current.metadata, withoutStoreFields(given.metadata)),
    ...(ownerReferences && { ownerReferences: joinedOwners(current.metadata.ownerReferences, ownerReferences) }),
    ...(finalizers && { finalizers: [...new Set([...(current.metadata.finalizers ?? []), ...finalizers])] }),
  };
  return { ...current, metadata, spec: merged(current.spec, given.spec) };
}

/** The object with the status of another one, or with none. */
export function withStatus({ status: _, ...object }: Document, { status }: Pick<Document, "status">): Document {
  return status === undefined ? object : { ...object, status };
}

/** Marked as deleted; stays until its finalizers are gone. */
export function asDeleting(current: Document, now: string): Document {
  const { metadata } = current;
  if (metadata.deletionTimestamp !== undefined) return current;
  return {
    ...current,
    metadata: { ...metadata, deletionTimestamp: now, generation: nextGeneration(current) },
  };
}

/** The generation grows when, and only when, the spec is another one. */
export function withGeneration(current: Document, next: Document): Document {
  if (isDeepStrictEqual(current.spec, next.spec)) return next;
  return { ...next, metadata: { ...next.metadata, generation: nextGeneration(current) } };
}

/** Of a Lease, every change of which is news, no generations are counted. */
function firstGeneration({ kind }: Document): number {
  return kind === "Lease" ? 0 : 1;
}

function nextGeneration({ kind, metadata: { generation = 0 } }: Document): number {
  return kind === "Lease" ? 0 : generation + 1;
}

export function isDeleting({ metadata }: Document): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function hasFinalizers({ metadata }: Document): boolean {
  return (metadata.finalizers?.length ?? 0) > 0;
}

const storeFieldNames = ["uid", "generation", "creationTimestamp", "deletionTimestamp"] as const;

function withoutStoreFields(metadata: ObjectMeta): ObjectMeta {
  const rest = { ...metadata };
  for (const field of [...storeFieldNames, "resourceVersion"] as const) delete rest[field];
  return rest;
}

function pick<T extends object, F extends keyof T>(from: T, fields: readonly F[]): Partial<Pick<T, F>> {
  const picked: Partial<Pick<T, F>> = {};
  for (const field of fields) if (from[field] !== undefined) picked[field] = from[field];
  return picked;
}

function merged<T extends Readonly<Record<string, unknown>>>(current: T, given: object): T {
  const result: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(given)) {
    const before = result[key];
    result[key] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return result as T;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
