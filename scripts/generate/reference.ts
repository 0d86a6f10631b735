import { isDeepStrictEqual } from "node:util";
import { apiVersion } from "../../src/api/objects/group.ts";
import { durationPattern } from "../../src/api/values/duration.ts";
import { quantityPattern } from "../../src/api/values/quantity.ts";
import type { KindFacts } from "./kinds.ts";
import { code, sentence, table, wrapped } from "./markdown.ts";
import { type Schema, schemaOf } from "./schema.ts";

/** Returns the reference page of a kind: its columns, then one table of fields for each object. */
export function referenceOf(facts: KindFacts): string {
  const { spec, status } = schemaOf(facts).properties ?? {};
  const sections: Section[] = [];
  if (spec) collect(spec, "spec", sections);
  if (status) collect(status, "status", sections);
  return `${[head(facts), ...sections.map((section) => fieldsOf(section, sections))].join("\n\n")}\n`;
}

/** Returns one table of fields for an object, and one for each object in it. */
export function tablesOf(node: Schema, path: string): readonly string[] {
  const sections: Section[] = [];
  collect(node, path, sections);
  return sections.map((section) => fieldsOf(section, sections));
}

interface Section {
  readonly path: string;
  readonly node: Schema;
}

function head({ kind, plural, shortName, description, columns, selectable, scale }: KindFacts): string {
  const lines = [
    `# ${kind}`,
    "",
    "<!-- Written by `make generate` from src/api; changes made here are lost. -->",
    "",
    wrapped(description),
    "",
    `\`apiVersion: ${apiVersion}\`, \`kind: ${kind}\`. List: \`kubectl get ${plural}\`, or \`${shortName}\` for short.`,
  ];
  if (scale) lines.push("", `\`kubectl scale ${kind.toLowerCase()} NAME --replicas=N\` sets \`spec.instances\`.`);
  if (selectable.length > 0)
    lines.push("", `\`--field-selector\` takes ${selectable.map((path) => code(path.slice(1))).join(", ")}.`);
  const rows = columns.map((column) => [
    column.name.toUpperCase(),
    code(column.jsonPath.slice(1)),
    sentence(column.description),
  ]);
  lines.push(
    "",
    ...table(["column", "field", "meaning"], rows),
    "",
    wrapped(
      "`text ≤ 140` has at most 140 characters, `list ≤ 50` at most 50 items. A duration is written `90s`, `1h30m` or `2d`. A quantity of bytes is written `20M` or `100Gi`.",
    ),
  );
  return lines.join("\n");
}

/**
 * Collects every object with fields, in reading order. A shape that repeats, such as the settings of a check, is listed
 * once.
 */
function collect(field: Schema, path: string, sections: Section[]): void {
  const node = field.items ?? field;
  if (node.properties === undefined || sectionOf(node, path, sections) !== undefined) return;
  const section = { path: node === field ? path : `${path}[]`, node };
  sections.push(section);
  for (const [name, inner] of Object.entries(node.properties)) collect(inner, `${section.path}.${name}`, sections);
}

/** Returns the section of an object: its own, or an earlier section with the same field name and shape. */
function sectionOf(node: Schema, path: string, sections: readonly Section[]): Section | undefined {
  const isAlike = (section: Section) =>
    lastName(section.path) === lastName(path) && isDeepStrictEqual(section.node.properties, node.properties);
  return sections.find(isAlike);
}

function lastName(path: string): string {
  return path.replace(/\[\]$/, "").replace(/^.*\./, "");
}

function fieldsOf({ path, node }: Section, sections: readonly Section[]): string {
  const lines = [`## \`${path}\``, ""];
  const rules = node["x-kubernetes-validations"] ?? [];
  if (node.description) lines.push(wrapped(sentence(node.description)), "");
  const rows = Object.entries(node.properties ?? {}).map(([name, field]) => {
    const isRequired = node.required?.includes(name) === true;
    return [code(name), typeOf(field, name, sections), defaultOf(field, isRequired), sentence(field.description ?? "")];
  });
  lines.push(...table(["field", "type", "default", "meaning"], rows));
  if (rules.length > 0) {
    const messages = rules.map(({ message }) => `- ${sentence(message)}`);
    lines.push("", "The API server refuses an object with one of these messages:", "", ...messages);
  }
  return lines.join("\n");
}

function defaultOf(field: Schema, isRequired: boolean): string {
  if (isRequired) return "required";
  if (field.default === undefined || field.type === "object") return "";
  return code(typeof field.default === "string" ? field.default : JSON.stringify(field.default));
}

function typeOf(field: Schema, name: string, sections: readonly Section[]): string {
  if (field.enum) return field.enum.map(code).join(", ");
  if (field["x-kubernetes-int-or-string"]) return "integer or percentage";
  if (field.pattern === durationPattern) return "duration";
  if (field.pattern === quantityPattern) return "quantity";
  if (field.format === "date-time") return "time";
  if (field.items) return `${atMost(field.maxItems, "list")} of ${typeOf(field.items, name, sections)}`;
  if (field.properties) return link(sectionOf(field, name, sections));
  if (field.additionalProperties) return `map of ${typeOf(field.additionalProperties, name, sections)}`;
  if (field.type === "string") return atMost(field.maxLength, "text");
  if (field.type === "object") return "object";
  return `${field.type}${range(field)}`;
}

/** `text ≤ 140`, `list ≤ 100` */
function atMost(limit: number | undefined, noun: string): string {
  return limit === undefined ? noun : `${noun} ≤ ${limit}`;
}

function range({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} … ${maximum}`;
  return minimum === undefined ? "" : ` ≥ ${minimum}`;
}

function link(section: Section | undefined): string {
  if (section === undefined) return "object";
  return `[${section.path}](#${section.path.toLowerCase().replaceAll(/[^a-z0-9]/g, "")})`;
}
