import { Document, isMap, isScalar, type Node, type YAMLMap } from "yaml";
import type { z } from "zod";

/** The default values as YAML, each with what it means above it. */
export function valuesText(values: z.ZodObject): string {
  const document = new Document(values.parse({}));
  if (isMap(document.contents)) explain(document.contents, values);
  document.commentBefore =
    " Written by `make generate` from scripts/generate/chart/values.ts; changes made here are lost.";
  return document.toString({ lineWidth: 0 }).replace("\n\n\n", "\n\n");
}

function explain(map: YAMLMap<unknown, unknown>, schema: z.ZodObject, depth = 0): void {
  for (const [index, { key, value }] of map.items.entries()) {
    const field: unknown = isScalar(key) ? schema.shape[String(key.value)] : undefined;
    if (!isScalar(key) || !isSchema(field)) continue;
    const { description } = field;
    if (description !== undefined) key.commentBefore = ` ${description}`;
    key.spaceBefore = depth === 0 && index > 0;
    const inner = objectOf(field);
    if (inner !== undefined && isMap(value as Node)) explain(value as YAMLMap, inner, depth + 1);
  }
}

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === "object" && value !== null && "def" in value;
}

/** The object behind a default, if the field is one with fields of its own. */
function objectOf(field: z.ZodType): z.ZodObject | undefined {
  if ("shape" in field) return field as z.ZodObject;
  const inner = "innerType" in field.def ? field.def.innerType : undefined;
  return isSchema(inner) ? objectOf(inner) : undefined;
}
