import { z } from "zod";
import type { KindFacts } from "./kinds.ts";

/** A structural schema of Kubernetes: OpenAPI 3.0 without references and without `anyOf`, `allOf` and `oneOf`. */
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
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-list-type"?: "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly {
    readonly rule: string;
    readonly message: string;
    readonly optionalOldSelf?: true;
  }[];
}

type RuleFacts = Pick<KindFacts, "kind" | "validations" | "listKeys">;

/** JSON schema from zod. `additionalProperties: false` is dropped: the API server prunes unknown fields itself. */
interface JsonSchema extends Omit<Schema, "items" | "properties" | "additionalProperties"> {
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

/** Keys with the same meaning in both schemas. They are copied. */
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
  "maxProperties",
  "required",
] as const;

/** Keys that are translated below. Any other key from zod stops the generator. */
const translated = ["format", "pattern", "items", "properties", "additionalProperties", "anyOf"];

const known: ReadonlySet<string> = new Set([...copied, ...translated]);

/**
 * Returns the schema of a kind in the form of the API server. Throws on a construct that the API server does not
 * support, and on a rule or list key for a field that does not exist.
 */
export function schemaOf(facts: KindFacts): Schema {
  const unused = new Set([...facts.validations.map(({ path }) => path), ...Object.keys(facts.listKeys)]);
  const { spec, status } = (z.toJSONSchema(facts.schema, { target: "openapi-3.0", io: "input" }) as JsonSchema)
    .properties as Record<"spec" | "status", JsonSchema>;
  unused.delete("");
  const schema = {
    type: "object" as const,
    description: facts.description,
    ...rulesOf("", facts),
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" as const, description: "Group and version of this definition." },
      kind: { type: "string" as const, description: `Always ${facts.kind}.` },
      // The API server refuses any other key here, even a description.
      metadata: { type: "object" as const },
      spec: { description: "Wanted state.", ...structural(spec, "spec", facts, unused) },
      status: { description: "Observed state.", ...structural(status, "status", facts, unused) },
    },
  };
  if (unused.size > 0)
    throw new Error(`${facts.kind} has no field ${[...unused].join(", ")}: correct its validations or listKeys`);
  return schema;
}

/** Returns the schema of a document that is no object of Kubernetes. */
export function documentSchemaOf(schema: z.ZodObject): Schema {
  const node = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as JsonSchema;
  return structural(node, "", { kind: "document", validations: [], listKeys: {} }, new Set());
}

function structural(node: JsonSchema, path: string, facts: RuleFacts, unused: Set<string>): Schema {
  for (const key of Object.keys(node))
    if (!known.has(key))
      throw new Error(`${facts.kind} ${path}: a definition does not support "${key}": change the schema`);
  unused.delete(path);
  const keys = facts.listKeys[path];
  return {
    ...(node.anyOf === undefined ? plain(node) : intOrString(node, path)),
    ...(node.items && { items: structural(node.items, `${path}[]`, facts, unused) }),
    ...mapping(node, path, facts, unused),
    ...(keys && { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys }),
    ...rulesOf(path, facts),
  };
}

function rulesOf(path: string, facts: RuleFacts): Partial<Schema> {
  const rules = facts.validations.filter((validation) => validation.path === path);
  if (rules.length === 0) return {};
  return { "x-kubernetes-validations": rules.map(({ path: _, ...rule }) => rule) };
}

/**
 * Copies the simple keys. Leaves out the integer bounds of JavaScript and the long pattern of a date: they are noise.
 */
function plain(node: JsonSchema): Schema {
  const result: Record<string, unknown> = {};
  for (const key of copied)
    if (node[key] !== undefined && Math.abs(Number(node[key])) !== Number.MAX_SAFE_INTEGER) result[key] = node[key];
  if (node.type === "integer") result["format"] = "int64";
  if (node.format === "date-time") result["format"] = node.format;
  else if (node.pattern !== undefined) result["pattern"] = node.pattern.replaceAll("\\/", "/");
  return result;
}

/**
 * Translates the only union in use: a number, or a text such as 25%. Bounds apply to the number, the pattern to the
 * text.
 */
function intOrString(node: JsonSchema, path: string): Schema {
  const [number, text, ...others] = node.anyOf ?? [];
  if (number?.type !== "integer" || text?.type !== "string" || others.length > 0)
    throw new Error(`${path}: a definition supports only the union of an integer and a string: change the schema`);
  const { type: _, format: __, ...bounds } = plain(number);
  const { type: ___, ...shape } = plain(text);
  return { ...plain(node), ...bounds, ...shape, "x-kubernetes-int-or-string": true };
}

function mapping(node: JsonSchema, path: string, facts: RuleFacts, unused: Set<string>): Partial<Schema> {
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
