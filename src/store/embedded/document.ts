import { firstStatuses, type Kind, type ObjectByKind, type Stored } from "../../api/objects/kinds.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import { withKnownWords, withNewerWords } from "../newer.ts";
import type { Row } from "./rows.ts";

/** An object of any kind as plain JSON, for code that writes and compares objects regardless of their kind. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
}

/** Returns a deep copy of the object without undefined fields, with the words of a newer version that `objectOf` replaced. */
export function serialize(object: ObjectByKind[Kind]): Document {
  return JSON.parse(JSON.stringify(withNewerWords(object)));
}

/** Returns the row's object as plain JSON, without its resourceVersion. */
export function documentOf(row: Row): Document {
  return JSON.parse(row.body);
}

/**
 * Returns the row's object with its resourceVersion, and with the first status of its kind if no status was written.
 * Writes validate objects, so this read only replaces the words of a newer version.
 */
export function objectOf<K extends Kind>(row: Row): Stored<K> {
  const status = firstStatuses[row.kind];
  const object: Stored<K> = { ...(status && { status: { ...status } }), ...JSON.parse(row.body) };
  object.metadata.resourceVersion = String(row.version);
  return withKnownWords(row.kind, object).object;
}
