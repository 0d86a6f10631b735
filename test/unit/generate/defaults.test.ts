import { describe, expect, it } from "vitest";
import { generatedKinds } from "../../../scripts/generate/kinds.ts";
import { type Schema, schemaOf } from "../../../scripts/generate/schema.ts";
import { checkSettings } from "../../../src/api/objects/check.ts";
import { checkDefaults } from "../../../src/api/objects/checkDefaults.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { aPool } from "../../support/objects/pool.ts";

const spec = generatedKinds.map(schemaOf)[0]?.properties?.["spec"]?.properties ?? {};
const check = spec["checks"]?.items?.properties ?? {};

/** Every default, with the path of its field. */
function defaultsOf(value: object, path: readonly string[] = []): readonly (readonly [string, unknown])[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const isBranch = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
    return isBranch ? defaultsOf(inner, [...path, name]) : [[[...path, name].join("."), inner] as const];
  });
}

function fieldAt(path: string, fields: Readonly<Record<string, Schema>>): Schema | undefined {
  const [first = "", ...rest] = path.split(".");
  return rest.length === 0 ? fields[first] : fieldAt(rest.join("."), fields[first]?.properties ?? {});
}

describe("the default of a setting of checks", () => {
  it.each(defaultsOf(checkDefaults))("stands in the definition and applies: %s", (path, value) => {
    const isNone = typeof value === "object";
    const sentence = `Default: ${isNone ? "none" : `\`${value}\``}.`;
    expect(fieldAt(path, check)?.description).toContain(sentence);
    const ofPool = fieldAt(path, spec);
    expect(ofPool?.default === value || ofPool?.description?.includes(sentence)).toBe(true);

    const [resolved] = poolChecksOf(aPool()).checks;
    const applied = path
      .split(".")
      .reduce<unknown>((object, name) => (object as Record<string, unknown>)[name], resolved);
    // A builder and a cell apply the defaults of the two others.
    if (path !== "compiler" && path !== "base") expect(applied).toEqual(value);
  });

  it("is said for every setting that a check need not have", () => {
    const silent = Object.entries(check)
      .flatMap(([name, field]) => Object.entries(field.properties ?? { [name]: field }))
      .filter(([, { description = "" }]) => !description.includes("Default: "));
    // Both belong to the pool or to the check, and have no default.
    expect(silent.map(([name]) => name)).toEqual(["name", "repository", "package"]);
    expect(Object.keys(checkSettings).length).toBeGreaterThan(15);
  });
});

describe("a rule of an object with a default", () => {
  const rules = Object.entries(spec).flatMap(([name, { default: preset, ...node }]) =>
    typeof preset === "object" ? (node["x-kubernetes-validations"] ?? []).map(({ rule }) => [name, rule] as const) : [],
  );

  it.each(rules)("asks for a field before it reads the field, because the default has none: %s, %s", (_, rule) => {
    const read = [...rule.matchAll(/self\.(?<field>\w+)/g)].map(({ groups }) => groups?.["field"] ?? "");
    expect(read.filter((field) => !rule.includes(`has(self.${field})`))).toEqual([]);
  });
});
