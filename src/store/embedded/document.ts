import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import type { Row } from "./rows.ts";

/** An object of any kind as plain JSON, for code that writes and compares objects regardless of their kind. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
}

/** Returns a deep copy of the object without undefined fields. */
export function serialize(object: ObjectByKind[Kind]): Document {
  return JSON.parse(JSON.stringify(object));
}

/** Returns the row's object as plain JSON, without its resourceVersion. */
export function documentOf(row: Row): Document {
  return JSON.parse(row.body);
}

/** Returns the row's object with its resourceVersion. Writes validate objects, so this read does not. */
export function objectOf<K extends Kind>(row: Row): Stored<K> {
  const object: Stored<K> = JSON.parse(row.body);
  object.metadata.resourceVersion = String(row.version);
  return object;
}
