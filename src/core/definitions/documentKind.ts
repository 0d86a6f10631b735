import { group } from "../../api/objects/group.ts";

/** Content of one document of a file. */
export type DocumentKind =
  | { readonly is: "Pool" }
  | { readonly is: "List"; readonly items: readonly unknown[] }
  /** An object that kubectl applies and builderpool does not read. */
  | { readonly is: "Other"; readonly name: string };

/**
 * Returns the content of a document. A document without `kind`, without `apiVersion`, or with an unknown kind of our
 * group counts as a pool, so that its error is reported.
 */
export function documentKindOf(document: unknown): DocumentKind {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return { is: "Pool" };
  const { apiVersion: version, kind, metadata, items } = document as Record<string, unknown>;
  if (typeof version !== "string" || typeof kind !== "string" || kind === "BuilderPool") return { is: "Pool" };
  if (kind.endsWith("List") && Array.isArray(items)) return { is: "List", items };
  const isOurs = version.split("/")[0] === group;
  if (isOurs && kind !== "Builder" && kind !== "Build") return { is: "Pool" };
  const name = typeof metadata === "object" && metadata !== null && "name" in metadata ? metadata.name : undefined;
  return { is: "Other", name: typeof name === "string" ? `${kind} ${name}` : kind };
}
