import { z } from "zod";
import type { KindFacts } from "./kinds.ts";

/** A structural schema of Kubernetes: OpenAPI 3.0 without references and junctors. */
export interface Schema {
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly format?: "int64" | "date-time";
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-list-type"?: "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly { readonly rule: string; readonly message: string }[];
}

/** What zod makes of a schema; `false` stands for "nothing else", which the API server sees to itself. */
interface JsonSchema extends Omit<Schema, "items" | "properties" | "additionalProperties"> {
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

/** Keys that mean the same to both, and are copied. */
const copied = [
  "description",
  "type",
  "default",
  "enum",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "maxItems",
  "required",
] as const;

/** Keys that are translated below; whatever zod gives beyond these stops the generator. */
const translated = ["format", "pattern", "items", "properties", "additionalProperties", "anyOf"];

const known: ReadonlySet<string> = new Set([...copied, ...translated]);

/** The schema of a kind as the API server takes it. Throws on whatever has no place there, and on a table row that fits no field. */
export function schemaOf(facts: KindFacts): Schema {
  const unused = new Set([...facts.validations.map(({ path }) => path), ...Object.keys(facts.listKeys)]);
  const { spec, status } = (z.toJSONSchema(facts.schema, { target: "openapi-3.0", io: "input" }) as JsonSchema)
    .properties as Record<"spec" | "status", JsonSchema>;
  const schema = {
    type: "object" as const,
    description: facts.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" as const, description: "Group and version of this definition" },
      kind: { type: "string" as const, description: `Always ${facts.kind}` },
      // An API server refuses anything more about it, be it a description.
      metadata: { type: "object" as const },
      spec: { description: "What is wanted", ...structural(spec, "spec", facts, unused) },
      status: { description: "What was observed", ...structural(status, "status", facts, unused) },
    },
  };
  if (unused.size > 0) throw new Error(`${facts.kind} has no field ${[...unused].join(", ")}: correct the tables`);
  return schema;
}

function structural(node: JsonSchema, path: string, facts: KindFacts, unused: Set<string>): Schema {
  for (const key of Object.keys(node))
    if (!known.has(key))
      throw new Error(`${facts.kind} ${path}: "${key}" has no place in a definition: change the schema`);
  unused.delete(path);
  const rules = facts.validations.filter((validation) => validation.path === path);
  const keys = facts.listKeys[path];
  return {
    ...(node.anyOf === undefined ? plain(node) : intOrString(node, path)),
    ...(node.items && { items: structural(node.items, `${path}[]`, facts, unused) }),
    ...mapping(node, path, facts, unused),
    ...(keys && { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys }),
    ...(rules.length > 0 && { "x-kubernetes-validations": rules.map(({ rule, message }) => ({ rule, message })) }),
  };
}

/** Bounds that only say "a whole number in JavaScript", and the long pattern of a date, are noise to a reader of the definition. */
function plain(node: JsonSchema): Schema {
  const result: Record<string, unknown> = {};
  for (const key of copied)
    if (node[key] !== undefined && Math.abs(Number(node[key])) !== Number.MAX_SAFE_INTEGER) result[key] = node[key];
  if (node.type === "integer") result["format"] = "int64";
  if (node.format === "date-time") result["format"] = node.format;
  else if (node.pattern !== undefined) result["pattern"] = node.pattern.replaceAll("\\/", "/");
  return result;
}

/** The one junctor in use: a number or a text such as 25%. Bounds hold for the number, the pattern for the text. */
function intOrString(node: JsonSchema, path: string): Schema {
  const [number, text, ...others] = node.anyOf ?? [];
  if (number?.type !== "integer" || text?.type !== "string" || others.length > 0)
    throw new Error(`${path}: the only union with a place in a definition is that of an integer and a string`);
  const { type: _, format: __, ...bounds } = plain(number);
  const { type: ___, ...shape } = plain(text);
  return { ...plain(node), ...bounds, ...shape, "x-kubernetes-int-or-string": true };
}

function mapping(node: JsonSchema, path: string, facts: KindFacts, unused: Set<string>): Partial<Schema> {
  if (node.properties !== undefined) {
    const fields = Object.entries(node.properties);
    return {
      properties: Object.fromEntries(
        fields.map(([name, field]) => [name, structural(field, `${path}.${name}`, facts, unused)]),
      ),
    };
  }
  const values = node.additionalProperties;
  if (typeof values !== "object") return {};
  if (Object.keys(values).length === 0) return { "x-kubernetes-preserve-unknown-fields": true };
  return { additionalProperties: structural(values, `${path}{}`, facts, unused) };
}
