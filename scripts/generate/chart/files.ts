import { stringify } from "yaml";
import { z } from "zod";
import { definitionOf } from "../definition.ts";
import { generatedKinds } from "../kinds.ts";
import { valuesText } from "./text.ts";
import { Values } from "./values.ts";

const chart = "deploy/helm/builderpool";

/** Returns the generated files of the chart: path → text. */
export function chartFiles(): ReadonlyMap<string, string> {
  const { $schema: _, ...schema } = z.toJSONSchema(Values, { io: "input", target: "draft-7" });
  const marked = {
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment: "Written by `make generate`",
    ...schema,
  };
  const files = new Map([
    [`${chart}/values.schema.json`, `${JSON.stringify(marked, undefined, 2)}\n`],
    [`${chart}/values.yaml`, valuesText(Values)],
  ]);
  for (const facts of generatedKinds) files.set(`${chart}/templates/crds/${facts.plural}.yaml`, definition(facts));
  return files;
}

/**
 * Returns a definition as a template, so that `helm upgrade` upgrades it. `helm uninstall` keeps it: its deletion would
 * delete all pools.
 */
function definition(facts: (typeof generatedKinds)[number]): string {
  const { metadata, ...rest } = definitionOf(facts);
  const kept = { ...metadata, annotations: { "helm.sh/resource-policy": "keep" } };
  const text = stringify({ ...rest, metadata: kept }, { lineWidth: 0, aliasDuplicateObjects: false });
  if (text.includes("{{")) throw new Error(`the definition of ${facts.kind} contains {{, which Helm would evaluate`);
  return `{{- if .Values.crds.install }}\n# Written by \`make generate\` from src/api; changes made here are lost.\n${text}{{- end }}\n`;
}
