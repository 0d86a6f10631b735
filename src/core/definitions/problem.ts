import type { z } from "zod";

/** A problem at one path of a document. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** Expected and found value, without the path. */
  readonly message: string;
}

/** Converts the issues of a schema to problems. `prefix` is the path of the parsed part in the document. */
export function problemsOf(error: z.ZodError, document: unknown, prefix: readonly (string | number)[] = []): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: "unknown field; correct or remove it (docs/reference/builderpool.md lists every field)",
      }));
    }
    return [{ path, message: sentence(issue, valueAt(document, path)) }];
  });
}

/** Formats a path for people: `spec.checks[2].name`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}

function sentence(issue: z.core.$ZodIssue, found: unknown): string {
  if (found === undefined && issue.code === "invalid_type") return `is required: expected ${named(issue.expected)}`;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${named(issue.expected)}, found ${shown(found)}${quotesFor(issue.expected, found)}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}, found ${shown(found)}`;
    case "too_small":
      return `expected at least ${issue.minimum}${unit(issue.origin)}, found ${amount(found)}`;
    case "too_big":
      return `expected at most ${issue.maximum}${unit(issue.origin)}, found ${amount(found)}`;
    case "invalid_union":
      return `expected ${unionOf(issue)}, found ${shown(found)}`;
    default:
      return issue.message;
  }
}

/** YAML reads `yes` and `010` as a truth and a number. kubectl does the same. */
function quotesFor(expected: string, found: unknown): string {
  const isScalar = typeof found === "boolean" || typeof found === "number";
  return expected === "string" && isScalar ? "; put quotes around a text that YAML reads as something else" : "";
}

function unionOf(issue: z.core.$ZodIssueInvalidUnion): string {
  const expectation = issue.errors.flat().find(({ message }) => message.startsWith("expected "))?.message;
  return expectation?.replace(/^expected /, "").replace(/, found .*$/, "") ?? "another type";
}

const names: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function named(type: string): string {
  return names[type] ?? type;
}

function unit(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" ? " entries" : "";
}

function amount(found: unknown): string {
  if (typeof found === "string") return `${found.length} (${shown(found)})`;
  return Array.isArray(found) ? String(found.length) : shown(found);
}

function shown(found: unknown): string {
  if (found === undefined) return "nothing";
  const text = JSON.stringify(found);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[part] : undefined,
    document,
  );
}
