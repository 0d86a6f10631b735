import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import { StoreError } from "../error.ts";
import type { KubernetesObject } from "./client.ts";

/** A new object as the server takes it. Throws Invalid when it carries a version, for which the server has no better word than 500. */
export function created<K extends Kind>(kind: K, object: ObjectByKind[K]): KubernetesObject {
  if (object.metadata.resourceVersion === undefined) return written(object);
  throw invalid(kind, object, "metadata.resourceVersion: expected none on an object that is created");
}

/** The object as the server takes it. */
export function written<K extends Kind>(object: ObjectByKind[K]): KubernetesObject {
  return object.kind === "Lease" ? { ...object, spec: withMicroTimes(object.spec) } : { ...object };
}

/** The same for a write that must fail when somebody else wrote since; throws Invalid without the version that was read. */
export function rewritten<K extends Kind>(kind: K, object: Stored<K>): KubernetesObject {
  if (object.metadata.resourceVersion !== undefined) return written(object);
  throw invalid(kind, object, "metadata.resourceVersion: expected the version that was read, found none");
}

function invalid(kind: Kind, { metadata }: ObjectByKind[Kind], problem: string): StoreError {
  return new StoreError("Invalid", `${kind} "${metadata.name}" is invalid: ${problem}`);
}

/** The times of a Lease have exactly six digits of a second, or the server refuses it. */
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
