import { isDeepStrictEqual } from "node:util";
import { apiVersion } from "../../src/api/objects/group.ts";
import { durationPattern } from "../../src/api/values/duration.ts";
import { quantityPattern } from "../../src/api/values/quantity.ts";
import type { KindFacts } from "./kinds.ts";
import { type Schema, schemaOf } from "./schema.ts";

/** The page that explains a kind to people: columns, then one table of fields for each object in it. */
export function referenceOf(facts: KindFacts): string {
  const { spec, status } = schemaOf(facts).properties ?? {};
  const sections: Section[] = [];
  if (spec) collect(spec, "spec", sections);
  if (status) collect(status, "status", sections);
  return `${[head(facts), ...sections.map((section) => table(section, sections))].join("\n\n")}\n`;
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
    description,
    "",
    `\`apiVersion: ${apiVersion}\`, \`kind: ${kind}\`; \`kubectl get ${plural}\`, or \`${shortName}\` for short.`,
  ];
  if (scale) lines.push("", `\`kubectl scale ${kind.toLowerCase()} NAME --replicas=N\` sets \`spec.instances\`.`);
  if (selectable.length > 0)
    lines.push("", `\`--field-selector\` takes ${selectable.map((path) => code(path.slice(1))).join(", ")}.`);
  lines.push("", "| column | field | meaning |", "|---|---|---|");
  for (const column of columns)
    lines.push(row(column.name.toUpperCase(), code(column.jsonPath.slice(1)), column.description));
  lines.push(
    "",
    "`text ≤ 140` has at most 140 characters, `list ≤ 50` at most 50 items. A duration is written `90s`, `1h30m` or `2d`, a quantity of bytes `20M` or `100Gi`.",
  );
  return lines.join("\n");
}

/** Every object with fields of its own, in reading order; what a check inherits from its pool is explained once. */
function collect(field: Schema, path: string, sections: Section[]): void {
  const node = field.items ?? field;
  if (node.properties === undefined || sectionOf(node, path, sections) !== undefined) return;
  const section = { path: node === field ? path : `${path}[]`, node };
  sections.push(section);
  for (const [name, inner] of Object.entries(node.properties)) collect(inner, `${section.path}.${name}`, sections);
}

/** The section of an object: its own, or that of a field of the same name and shape that came before. */
function sectionOf(node: Schema, path: string, sections: readonly Section[]): Section | undefined {
  const isAlike = (section: Section) =>
    lastName(section.path) === lastName(path) && isDeepStrictEqual(section.node.properties, node.properties);
  return sections.find(isAlike);
}

function lastName(path: string): string {
  return path.replace(/\[\]$/, "").replace(/^.*\./, "");
}

function table({ path, node }: Section, sections: readonly Section[]): string {
  const lines = [`## \`${path}\``, ""];
  const rules = node["x-kubernetes-validations"] ?? [];
  if (node.description) lines.push(`${node.description}.`, "");
  lines.push("| field | type | default | meaning |", "|---|---|---|---|");
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const isRequired = node.required?.includes(name) === true;
    lines.push(row(code(name), typeOf(field, name, sections), fallback(field, isRequired), field.description ?? ""));
  }
  if (rules.length > 0) lines.push("", "Refused in a cluster:", "", ...rules.map(({ message }) => `- ${message}`));
  return lines.join("\n");
}

function fallback(field: Schema, isRequired: boolean): string {
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
function atMost(limit: number | undefined, what: string): string {
  return limit === undefined ? what : `${what} ≤ ${limit}`;
}

function range({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} … ${maximum}`;
  return minimum === undefined ? "" : ` ≥ ${minimum}`;
}

function link(section: Section | undefined): string {
  if (section === undefined) return "object";
  return `[${section.path}](#${section.path.toLowerCase().replaceAll(/[^a-z0-9]/g, "")})`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
