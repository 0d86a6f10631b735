import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import type { Row } from "./rows.ts";

/** Any object of the bus as plain JSON: what is written and compared without knowing its kind. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
}

/** A copy that shares nothing with its caller and has no undefined fields. */
export function serialize(object: ObjectByKind[Kind]): Document {
  return JSON.parse(JSON.stringify(object));
}

export function documentOf(row: Row): Document {
  return JSON.parse(row.body);
}

/** The object of a row, as callers get it. Rows were checked when they were written, so nothing is checked here. */
export function objectOf<K extends Kind>(row: Row): Stored<K> {
  const object: Stored<K> = JSON.parse(row.body);
  object.metadata.resourceVersion = String(row.version);
  return object;
}
