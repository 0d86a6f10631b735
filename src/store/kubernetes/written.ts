import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import { StoreError } from "../error.ts";
import { withNewerWords } from "../newer.ts";
import type { KubernetesObject } from "./client.ts";

/**
 * Returns the request body of a create. Throws Invalid if the object has a resourceVersion; the server would answer
 * 500.
 */
export function createBodyOf<K extends Kind>(kind: K, object: ObjectByKind[K]): KubernetesObject {
  if (object.metadata.resourceVersion === undefined) return bodyOf(object);
  throw invalidError(kind, object, "metadata.resourceVersion: a new object must not have one");
}

/** Returns the object as a request body, with the words of a newer version that the decoder replaced. */
export function bodyOf<K extends Kind>(given: ObjectByKind[K]): KubernetesObject {
  const object = withNewerWords(given);
  return object.kind === "Lease" ? { ...object, spec: withMicroTimes(object.spec) } : { ...object };
}

/**
 * Returns the request body of a conditional update. Throws Invalid if the object lacks the resourceVersion that was
 * read.
 */
export function updateBodyOf<K extends Kind>(kind: K, object: Stored<K>): KubernetesObject {
  if (object.metadata.resourceVersion !== undefined) return bodyOf(object);
  throw invalidError(kind, object, "metadata.resourceVersion: missing; set it to the version that was read");
}

function invalidError(kind: Kind, { metadata }: ObjectByKind[Kind], problem: string): StoreError {
  return new StoreError("Invalid", `${kind} "${metadata.name}" is invalid: ${problem}`);
}

/** The server refuses a Lease unless its times have exactly six fractional digits. */
function withMicroTimes<
  T extends { readonly acquireTime?: string | undefined; readonly renewTime?: string | undefined },
>(spec: T): T {
  const { acquireTime, renewTime } = spec;
  return {
    ...spec,
    ...(acquireTime !== undefined && { acquireTime: withMicroseconds(acquireTime) }),
    ...(renewTime !== undefined && { renewTime: withMicroseconds(renewTime) }),
  };
}

function withMicroseconds(time: string): string {
  return time.replace(/(?:\.(\d*))?Z$/, (_, digits = "") => `.${digits.slice(0, 6).padEnd(6, "0")}Z`);
}
