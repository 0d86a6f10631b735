import type { z } from "zod";
import { localNamespace } from "../../api/objects/group.ts";
import { type Kind, kinds } from "../../api/objects/kinds.ts";
import { StoreError } from "../error.ts";
import { readObject, withNewerWords } from "../newer.ts";
import type { Document } from "./document.ts";

/**
 * Parses the document with the schema of its kind and returns the result. The schema fills in defaults and decides on
 * unknown fields. Unknown metadata is kept, and so are the fields and words of a newer version that `current`, the
 * stored object, has already. Throws Invalid with a message that names the wrong fields.
 */
export function validate(kind: Kind, document: Document, current?: Document): Document {
  const result = readObject(kind, document);
  const problems = "problem" in result ? problemsOf(result.problem) : metadataProblemsOf(document);
  if ("problem" in result || problems.length > 0) throw invalidError(kind, document, problems);
  const { object, unknownFields, newerWords } = result;
  if (hasMore(unknownFields, newerWords, current && readObject(kind, current))) {
    const strict = kinds[kind].safeParse(document);
    throw invalidError(kind, document, strict.success ? [] : problemsOf(strict.error));
  }
  const metadata = { ...document.metadata, ...object.metadata };
  return withNewerWords({ ...document, ...object, metadata } as Document);
}

/** Whether a document has fields or words of a newer version beyond those of the stored object. */
function hasMore(
  unknownFields: readonly string[],
  newerWords: readonly string[],
  current: ReturnType<typeof readObject> | undefined,
): boolean {
  const known =
    current !== undefined && !("problem" in current) ? [...current.unknownFields, ...current.newerWords] : [];
  return [...unknownFields, ...newerWords].some((one) => !known.includes(one));
}

function problemsOf({ issues }: z.ZodError): readonly string[] {
  return issues.map((issue) => `${path(issue.path)}: ${issue.message}`);
}

/**
 * Returns the StoreError for an invalidError object. The message lists at most five problems, so that it stays
 * readable.
 */
export function invalidError(kind: Kind, document: Document, problems: readonly string[]): StoreError {
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
  const name = JSON.stringify(document.metadata?.name ?? "");
  return new StoreError("Invalid", `${kind} ${name} is invalid: ${problems.slice(0, 5).join("; ")}${more}`);
}

/** Checks the metadata as Kubernetes does. The schemas describe only the fields that builderpool reads. */
function metadataProblemsOf({ metadata }: Document): string[] {
  const problems = [];
  if (metadata.namespace !== undefined && metadata.namespace !== localNamespace)
    problems.push(`metadata.namespace: expected ${localNamespace}, found ${JSON.stringify(metadata.namespace)}`);
  for (const [label, value] of Object.entries(metadata.labels ?? {}))
    if (!/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/.test(value))
      problems.push(
        `metadata.labels["${label}"]: expected at most 63 letters, digits, dashes, dots and underscores with a letter or digit at both ends, found ${JSON.stringify(value)}`,
      );
  for (const field of ["labels", "annotations"] as const)
    for (const key of Object.keys(metadata[field] ?? {}))
      if (!/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(key))
        problems.push(`metadata.${field}: expected a name with or without a prefix, found ${JSON.stringify(key)}`);
  return problems;
}

/** `spec.checks[0].name` */
function path(keys: readonly PropertyKey[]): string {
  const text = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "object" : text.replace(/^\./, "");
}
