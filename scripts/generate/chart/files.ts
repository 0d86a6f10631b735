import { stringify } from "yaml";
import { z } from "zod";
import { definitionOf } from "../definition.ts";
import { generatedKinds } from "../kinds.ts";
import { valuesText } from "./text.ts";
import { Values } from "./values.ts";

const chart = "deploy/helm/builderpool";

/** What of the chart is generated: path → text. */
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

/** As a template, so that `helm upgrade` upgrades it; kept at `helm uninstall`, as all pools would go with it. */
function definition(facts: (typeof generatedKinds)[number]): string {
  const { metadata, ...rest } = definitionOf(facts);
  const kept = { ...metadata, annotations: { "helm.sh/resource-policy": "keep" } };
  const text = stringify({ ...rest, metadata: kept }, { lineWidth: 0, aliasDuplicateObjects: false });
  if (text.includes("{{")) throw new Error(`Helm would take braces in the definition of ${facts.kind} for its own`);
  return `{{- if .Values.crds.install }}\n# Written by \`make generate\` from src/api; changes made here are lost.\n${text}{{- end }}\n`;
}
