import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { definitionOf } from "../../../scripts/generate/definition.ts";
import { generatedFiles } from "../../../scripts/generate/files.ts";
import { generatedKinds } from "../../../scripts/generate/kinds.ts";
import { refusals } from "../../../scripts/generate/refusals.ts";
import { type Schema, schemaOf } from "../../../scripts/generate/schema.ts";
import { BuilderPool } from "../../../src/api/objects/pool.ts";

const root = resolve(import.meta.dirname, "../../..");

describe("the generated files", () => {
  it.each([...generatedFiles()])("match the schemas: %s", (path, text) => {
    expect(readFileSync(resolve(root, path), "utf8"), "stale: run make generate").toBe(text);
  });

  it("are the only files in crds/ and docs/reference/", () => {
    const folders = ["crds", "docs/reference"];
    const found = folders.flatMap((folder) => readdirSync(resolve(root, folder)).map((name) => `${folder}/${name}`));
    const generated = [...generatedFiles().keys()].filter((path) => folders.some((folder) => path.startsWith(folder)));
    expect(found.sort()).toEqual(generated.sort());
  });
});

describe.each(generatedKinds)("the definition of $kind", (facts) => {
  const definition = definitionOf(facts);
  const [version] = definition.spec.versions;

  it("is valid for the API server and has a description on every field", () => {
    expect(refusals(facts, schemaOf(facts))).toEqual([]);
  });

  it("is the same after a round trip through YAML", () => {
    const text = generatedFiles().get(`crds/${facts.plural}.yaml`) ?? "";
    expect(parse(text)).toEqual(definition);
  });

  it("has the name that Kubernetes derives from its plural and group", () => {
    expect(definition.metadata.name).toBe(`${facts.plural}.${definition.spec.group}`);
    expect(version?.name).toBe("v1alpha1");
  });

  it("has a status subresource", () => {
    expect(version?.subresources.status).toEqual({});
  });

  it("has every field on its reference page", () => {
    const page = generatedFiles().get(`docs/reference/${facts.singular}.md`) ?? "";
    const missing = fieldNames(version?.schema.openAPIV3Schema.properties?.["spec"]).filter(
      (name) => !page.includes(`| \`${name}\` |`),
    );
    expect(missing).toEqual([]);
  });
});

describe("the definition of BuilderPool", () => {
  const [facts] = generatedKinds;
  if (facts === undefined) throw new Error("no kinds");
  const schema = schemaOf(facts);

  it("has the documented columns in order", () => {
    expect(facts.columns.map(({ name }) => name.toUpperCase()).join(" ")).toBe(
      "DESIRED OUTSIDE READY ACTIVE UPDATED BUILDING QUEUED OLDEST SILENT AGE",
    );
  });

  it("scales through spec.instances", () => {
    expect(definitionOf(facts).spec.versions[0]?.subresources).toMatchObject({
      scale: { specReplicasPath: ".spec.instances", statusReplicasPath: ".status.instances" },
    });
  });

  it("has the same defaults in the API server and in the program", () => {
    const minimal = { package: "O2", checks: [{ name: "build/O2/o2" }], external: {} };
    const { spec } = BuilderPool.parse({
      apiVersion: "ci.alice.cern.ch/v1alpha1",
      kind: "BuilderPool",
      metadata: { name: "o2" },
      spec: minimal,
    });

    expect(withDefaults(minimal, schema.properties?.["spec"] ?? {})).toEqual(spec);
  });
});

/** Sets defaults as the API server does: first the missing field, then the fields inside it. */
function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schema.items ?? {}));
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(schema.properties)) {
    const found = result[name] ?? field.default;
    if (found !== undefined) result[name] = withDefaults(found, field);
  }
  return result;
}

function fieldNames(schema: Schema | undefined): string[] {
  const own = Object.entries(schema?.properties ?? {});
  return [...own.map(([name]) => name), ...own.flatMap(([, field]) => fieldNames(field.items ?? field))];
}
