import { Document, isMap, isScalar, type Node, type YAMLMap } from "yaml";
import type { z } from "zod";

/** Returns the default values as YAML, each with its description as a comment. */
export function valuesText(values: z.ZodObject): string {
  const document = new Document(values.parse({}));
  if (isMap(document.contents)) describeFields(document.contents, values);
  document.commentBefore =
    " Written by `make generate` from scripts/generate/chart/values.ts; changes made here are lost.";
  return document.toString({ lineWidth: 0 }).replace("\n\n\n", "\n\n");
}

function describeFields(map: YAMLMap<unknown, unknown>, schema: z.ZodObject, depth = 0): void {
  for (const [index, { key, value }] of map.items.entries()) {
    const field: unknown = isScalar(key) ? schema.shape[String(key.value)] : undefined;
    if (!isScalar(key) || !isSchema(field)) continue;
    const { description } = field;
    if (description !== undefined) key.commentBefore = ` ${description}`;
    key.spaceBefore = depth === 0 && index > 0;
    const inner = objectOf(field);
    if (inner !== undefined && isMap(value as Node)) describeFields(value as YAMLMap, inner, depth + 1);
  }
}

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === "object" && value !== null && "def" in value;
}

/** Returns the object schema behind a default, or undefined if the field has no fields. */
function objectOf(field: z.ZodType): z.ZodObject | undefined {
  if ("shape" in field) return field as z.ZodObject;
  const inner = "innerType" in field.def ? field.def.innerType : undefined;
  return isSchema(inner) ? objectOf(inner) : undefined;
}
