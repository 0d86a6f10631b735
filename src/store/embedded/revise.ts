import { isDeepStrictEqual } from "node:util";
import { localNamespace } from "../../api/objects/group.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import { joinedOwners } from "../owners.ts";
import type { Document } from "./document.ts";

// Pure functions from the current and the given object to the object to store. Each follows the Kubernetes API.

/** Returns a new object with the store's own metadata fields and without status, which only updateStatus writes. */
export function asCreated({ status: _, ...given }: Document, uid: string, now: string): Document {
  const metadata = { namespace: localNamespace, ...withoutStoreFields(given.metadata) };
  return { ...given, metadata: { ...metadata, uid, generation: firstGeneration(given), creationTimestamp: now } };
}

/** Returns the given object with the current status and the current values of the store's own metadata fields. */
export function asUpdated(current: Document, { status: _, ...given }: Document): Document {
  const metadata = {
    namespace: localNamespace,
    ...withoutStoreFields(given.metadata),
    ...pick(current.metadata, storeFieldNames),
  };
  return withStatus({ ...given, metadata }, current);
}

/** Merges the given object into the current one: merges maps, adds owners and finalizers, replaces other lists. */
export function asApplied(current: Document, given: Document): Document {
  const { ownerReferences, finalizers } = given.metadata;
  const metadata = {
    ...merged(current.metadata, withoutStoreFields(given.metadata)),
    ...(ownerReferences && { ownerReferences: joinedOwners(current.metadata.ownerReferences, ownerReferences) }),
    ...(finalizers && { finalizers: [...new Set([...(current.metadata.finalizers ?? []), ...finalizers])] }),
  };
  return { ...current, metadata, spec: merged(current.spec, given.spec) };
}

/** Returns the first object with the status of the second; without a status if the second has no status. */
export function withStatus({ status: _, ...object }: Document, { status }: Pick<Document, "status">): Document {
  return status === undefined ? object : { ...object, status };
}

/** Returns the object with `deletionTimestamp` set to `now`, or unchanged if it is already set. */
export function asDeleting(current: Document, now: string): Document {
  const { metadata } = current;
  if (metadata.deletionTimestamp !== undefined) return current;
  return {
    ...current,
    metadata: { ...metadata, deletionTimestamp: now, generation: nextGeneration(current) },
  };
}

/** Returns `next`, with an incremented generation if its spec differs from the current spec. */
export function withGeneration(current: Document, next: Document): Document {
  if (isDeepStrictEqual(current.spec, next.spec)) return next;
  return { ...next, metadata: { ...next.metadata, generation: nextGeneration(current) } };
}

/** As in Kubernetes, a Lease has no generations. */
function firstGeneration({ kind }: Document): number {
  return kind === "Lease" ? 0 : 1;
}

function nextGeneration({ kind, metadata: { generation = 0 } }: Document): number {
  return kind === "Lease" ? 0 : generation + 1;
}

/** Reports whether the object is marked as deleted. */
export function isDeleting({ metadata }: Document): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Reports whether the object has finalizers, which delay its deletion. */
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
