import type { KindFacts } from "./kinds.ts";
import type { Schema } from "./schema.ts";

/**
 * Returns the parts of a definition that the API server would refuse, and the fields without description, as sentences.
 * Empty for a valid definition.
 */
export function refusals(facts: KindFacts, schema: Schema): string[] {
  const found: string[] = [];
  visit(schema, facts.kind, (node, path) => {
    found.push(...refusalsOf(node).map((defect) => `${path}: ${defect}`));
    // The API server has its own schema of metadata and accepts no other.
    const isMetadata = path === `${facts.kind}.metadata`;
    if (isMetadata && Object.keys(node).join() !== "type") found.push(`${path}: may have no key except type`);
    if (isShapeless(node) && !isMetadata) found.push(`${path}: is an object without known fields`);
  });
  for (const { name, type, jsonPath } of facts.columns) {
    const field = fieldAt(schema, jsonPath);
    if (field === undefined) found.push(`column ${name}: no field ${jsonPath}`);
    else if (field.type !== columnTypes[type]) found.push(`column ${name}: ${jsonPath} is not of type ${type}`);
  }
  for (const jsonPath of facts.selectable)
    if (fieldAt(schema, jsonPath)?.type !== "string") found.push(`selectable field ${jsonPath}: is not a text field`);
  for (const jsonPath of Object.values(facts.scale ?? {}))
    if (fieldAt(schema, jsonPath) === undefined) found.push(`scale: no field ${jsonPath}`);
  return found;
}

const columnTypes = { string: "string", integer: "integer", boolean: "boolean", date: "string" } as const;

/** Checks one node: structure, lists, defaults, patterns and rules. */
function refusalsOf(node: Schema): string[] {
  const wrong: readonly (readonly [boolean, string])[] = [
    [(node.type === undefined) !== (node["x-kubernetes-int-or-string"] === true), "has no type"],
    [node.properties !== undefined && node.type !== "object", "has properties but is not an object"],
    [node.properties !== undefined && node.additionalProperties !== undefined, "is both an object and a map"],
    [
      (node.type === "array") !== (node.items !== undefined),
      "is an array without items, or has items but is not an array",
    ],
    [node.default !== undefined && !fits(node.default, node), "has an invalid default"],
    [
      (node.required ?? []).some((name) => node.properties?.[name] === undefined),
      "requires a field that does not exist",
    ],
    [node.pattern !== undefined && !isRe2(node.pattern), "has a pattern that Go does not support"],
    ...(node["x-kubernetes-list-map-keys"] ?? []).map((key) => listKey(node, key)),
    ...(node["x-kubernetes-validations"] ?? []).flatMap(({ rule, message }) => [
      [/[\n\r]/.test(message) || message === "", "has a rule without a one-line message"] as const,
      ...looksAt(rule).map((name) => bounded(node, name)),
    ]),
  ];
  const undescribed = Object.entries(node.properties ?? {}).filter(
    ([name, field]) => name !== "metadata" && !field.description,
  );
  return [
    ...wrong.filter(([isWrong]) => isWrong).map(([, defect]) => defect),
    ...undescribed.map(([name]) => `the field ${name} has no description`),
  ];
}

function isShapeless(node: Schema): boolean {
  const hasFields = Object.keys(node.properties ?? {}).length > 0 || node.additionalProperties !== undefined;
  return node.type === "object" && !hasFields && node["x-kubernetes-preserve-unknown-fields"] === undefined;
}

function listKey(node: Schema, key: string): readonly [boolean, string] {
  const isKey = node.items?.properties?.[key]?.type === "string" && node.items.required?.includes(key) === true;
  return [!isKey, `has the list key ${key}, but its items have no required text field ${key}`];
}

/** Returns the fields that a rule names. `self` alone is the node itself. */
function looksAt(rule: string): string[] {
  const fields = [...rule.matchAll(/\bself\.(\w+)(?!\()\b/g)].map((match) => match[1] ?? "");
  return [...new Set(fields.length === 0 ? ["self"] : fields)];
}

/**
 * Checks that a field under a rule has a size limit. The API server multiplies the cost of a rule by the largest size
 * of its fields, and refuses a rule over a field without limit.
 */
function bounded(node: Schema, name: string): readonly [boolean, string] {
  const field = name === "self" ? node : node.properties?.[name];
  const isBounded =
    field !== undefined &&
    (field.type !== "array" || field.maxItems !== undefined) &&
    (field.additionalProperties === undefined || field.maxProperties !== undefined) &&
    (field.type !== "string" || field.maxLength !== undefined);
  return [!isBounded, `has a rule over ${name}, but ${name} does not exist or has no size limit`];
}

/** Go's regular expressions support neither look-around nor back-references. */
function isRe2(pattern: string): boolean {
  return !/\(\?[=!<]|\\[1-9]/.test(pattern);
}

function fits(value: unknown, node: Schema): boolean {
  if (node["x-kubernetes-int-or-string"]) return typeof value === "string" || Number.isInteger(value);
  if (node.type === "array") return Array.isArray(value);
  if (node.type === "integer") return Number.isInteger(value);
  if (typeof value !== node.type || value === null) return false;
  if (typeof value === "object") return (node.required ?? []).every((name) => Object.hasOwn(value, name));
  if (typeof value !== "string") return true;
  return node.enum?.includes(value) ?? new RegExp(node.pattern ?? "", "u").test(value);
}

function fieldAt(schema: Schema, jsonPath: string): Schema | undefined {
  if (jsonPath === ".metadata.creationTimestamp" || jsonPath.startsWith(".metadata.labels.")) return { type: "string" };
  return jsonPath
    .split(".")
    .slice(1)
    .reduce<Schema | undefined>((node, name) => node?.properties?.[name], schema);
}

function visit(node: Schema, path: string, take: (node: Schema, path: string) => void): void {
  take(node, path);
  for (const [name, field] of Object.entries(node.properties ?? {})) visit(field, `${path}.${name}`, take);
  if (node.items) visit(node.items, `${path}[]`, take);
  if (node.additionalProperties) visit(node.additionalProperties, `${path}{}`, take);
}
