import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type Attack,
  isPossible,
  kinds,
  type Mode,
  modes,
  type Route,
  routes,
  routesOf,
} from "../../test/malicious/attack.ts";
import { corpus } from "../../test/malicious/corpus.ts";
import { measured } from "../../test/malicious/held.ts";
import { table } from "./markdown.ts";

const page = resolve(import.meta.dirname, "../../docs/security.md");
const [begin, end] = ["<!-- attacks: written by `make generate` -->", "<!-- end of attacks -->"];

/** Returns docs/security.md with the tables of all malicious pull requests between its two marks. */
export function securityPage(): string {
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/security.md lacks the line ${begin} or ${end}`);
  return `${before}${begin}\n\n${tables()}\n\n${end}${after}`;
}

/** Each measured way of an attack: what carries it, and how `up` separates processes. */
const ways = routes
  .flatMap((route) => modes.map((mode) => ({ route, mode })))
  .filter(({ route, mode }) => Object.keys(measured[route][mode]).length > 0);

function tables(): string {
  const heads = ["", "a build …", ...ways.map(headOf), "where it is held"];
  const groups = Object.entries(kinds).map(([kind, title]) => {
    const rows = corpus.filter((attack) => attack.kind === kind).map(rowOf);
    return [`### ${title}`, "", ...table(heads, rows)].join("\n");
  });
  const counts = ways.map(({ route, mode }) => countOf(route, mode));
  return [`${corpus.length} attacks. Held at the last measurement:`, counts.join("\n"), ...groups].join("\n\n");
}

const titles = {
  source: "sources",
  recipe: "recipes",
  namespaces: "with namespaces",
  modes: "without",
  pods: "in pods",
};

function headOf({ route, mode }: { readonly route: Route; readonly mode: Mode }): string {
  return `${titles[route]}, ${titles[mode]}`;
}

function countOf(route: Route, mode: Mode): string {
  const results = Object.values(measured[route][mode]);
  const held = results.filter((result) => result === "held").length;
  const where = mode === "modes" ? "without namespaces" : titles[mode];
  return `- in ${titles[route]}, ${where}: ${held} of ${results.length}`;
}

function rowOf(attack: Attack): readonly string[] {
  const { id, title, held } = attack;
  const results = ways.map(({ route, mode }) =>
    routesOf(attack).includes(route) && isPossible(attack, mode) ? (measured[route][mode][id] ?? "not measured") : "–",
  );
  return [id, title, ...results, held];
}
