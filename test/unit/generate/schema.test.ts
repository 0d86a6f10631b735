import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { KindFacts } from "../../../scripts/generate/kinds.ts";
import { refusals } from "../../../scripts/generate/refusals.ts";
import { type Schema, schemaOf } from "../../../scripts/generate/schema.ts";

/** A kind with one field in its spec: `field`. */
function aKind(field: z.ZodType, facts: Partial<KindFacts> = {}): KindFacts {
  return {
    kind: "Thing",
    plural: "things",
    singular: "thing",
    shortName: "th",
    description: "A thing",
    schema: z.object({ spec: z.object({ field }), status: z.object({ seen: z.boolean().describe("x") }).optional() }),
    validations: [],
    listKeys: {},
    columns: [],
    selectable: [],
    ...facts,
  };
}

function fieldOf(field: z.ZodType, facts?: Partial<KindFacts>): Schema | undefined {
  return schemaOf(aKind(field, facts)).properties?.["spec"]?.properties?.["field"];
}

describe("the schema of a definition", () => {
  it.each<[string, z.ZodType, Schema]>([
    ["a text", z.string().max(5).regex(/^a\/b/), { type: "string", maxLength: 5, pattern: "^a/b" }],
    ["a whole number, without JavaScript's bounds", z.int(), { type: "integer", format: "int64" }],
    ["a given bound", z.int().min(1), { type: "integer", format: "int64", minimum: 1 }],
    ["a share", z.number().min(0).max(1), { type: "number", minimum: 0, maximum: 1 }],
    ["a time, without its long pattern", z.iso.datetime(), { type: "string", format: "date-time" }],
    ["a choice", z.enum(["A", "B"]).default("A"), { type: "string", enum: ["A", "B"], default: "A" }],
    [
      "a number or a percentage",
      z.union([z.int().min(0).max(9), z.string().regex(/%$/)]).default("25%"),
      { minimum: 0, maximum: 9, pattern: "%$", default: "25%", "x-kubernetes-int-or-string": true },
    ],
    [
      "a map",
      z.record(z.string(), z.int()),
      { type: "object", additionalProperties: { type: "integer", format: "int64" } },
    ],
    [
      "a free-form object",
      z.record(z.string(), z.unknown()),
      { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    ],
    [
      "an object, strict or not",
      z
        .object({ a: z.boolean(), b: z.boolean().default(true) })
        .strict()
        .prefault({ a: true }),
      {
        type: "object",
        default: { a: true },
        properties: { a: { type: "boolean" }, b: { type: "boolean", default: true } },
        required: ["a"],
      },
    ],
  ])("describes %s in the form of the API server", (_, field, expected) => {
    expect(fieldOf(field)).toEqual(expected);
  });

  it("makes a list with key fields a map list, so that several writers can share it", () => {
    const list = z.array(z.object({ name: z.string() }));

    expect(fieldOf(list, { listKeys: { "spec.field": ["name"] } })).toMatchObject({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
  });

  it.each<[string, z.ZodType]>([
    ["a union of objects", z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
    ["a tagged union", z.discriminatedUnion("t", [z.object({ t: z.literal("a") }), z.object({ t: z.literal("b") })])],
    ["null", z.string().nullable()],
    ["a tuple", z.tuple([z.string(), z.string()])],
    ["a reference", z.array(z.string().meta({ id: "Named" }))],
  ])("refuses %s: a definition does not support it", (_, field) => {
    expect(() => schemaOf(aKind(field))).toThrow(/a definition (does not support|supports only)/);
  });

  it("refuses a rule and a list key for a field that does not exist", () => {
    const misspelt = {
      validations: [{ path: "spec.feild", rule: "true", message: "x" }],
      listKeys: { "spec.fields": [] },
    };

    expect(() => schemaOf(aKind(z.string(), misspelt))).toThrow("Thing has no field spec.feild, spec.fields");
  });
});

describe("the check of a definition", () => {
  it.each<[string, z.ZodType, Partial<KindFacts>]>([
    ["the field field has no description", z.string(), {}],
    ["Thing.spec.field: has no type", z.unknown().describe("x"), {}],
    ["Thing.spec.field: is an object without known fields", z.object({}).describe("x"), {}],
    [
      "Thing.spec.field: has a pattern that Go does not support",
      z
        .string()
        .regex(/^(?!a)/)
        .describe("x"),
      {},
    ],
    ["Thing.spec.field: has an invalid default", z.string().regex(/^a/).default("b").describe("x"), {}],
    [
      "has the list key name, but its items have no required text field name",
      z.array(z.object({ name: z.string().optional().describe("x") })).describe("x"),
      { listKeys: { "spec.field": ["name"] } },
    ],
    [
      "has a rule over self, but self does not exist or has no size limit",
      z.string().describe("x"),
      { validations: [{ path: "spec.field", rule: "self == oldSelf", message: "x" }] },
    ],
    [
      "has a rule over missing, but missing does not exist",
      z.string().describe("x"),
      { validations: [{ path: "spec", rule: "has(self.missing)", message: "x" }] },
    ],
    ["selectable field .spec.other: is not a text field", z.string().describe("x"), { selectable: [".spec.other"] }],
    [
      "column Field: .spec.field is not of type integer",
      z.string().describe("x"),
      { columns: [{ name: "Field", type: "integer", jsonPath: ".spec.field", description: "x" }] },
    ],
  ])("finds: %s", (message, field, facts) => {
    const kind = aKind(field, facts);

    expect(refusals(kind, schemaOf(kind)).join("\n")).toContain(message);
  });
});
