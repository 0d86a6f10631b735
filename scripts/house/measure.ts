import { dirname } from "node:path";
import { docstringsOf } from "./docstrings.ts";
import { isTypeScript, readFiles, type SourceFile } from "./files.ts";
import { arrowsOf, circlesOf } from "./imports.ts";
import { type Prose, type ProseLimits, proseOf, proseProblems, worstOf } from "./prose.ts";

/** One line of the report. */
export interface Row {
  readonly name: string;
  readonly found: string;
  /** The limit in words; empty when there is none. */
  readonly limit: string;
}

/** Every measure of the house, and each one over its limit as a sentence. */
export interface Measures {
  readonly rows: readonly Row[];
  readonly problems: readonly string[];
  /** Sentences to rewrite first. */
  readonly worst: readonly string[];
}

const mostFiles = 16;
const mostLines = 300;
const medianLines = 70;
/** Rooms with a docstring at every exported name. */
const documented = ["src/api/", "src/core/", "src/store/"];
const sourceProse: ProseLimits = { relativePronouns: 3, idioms: 2, mean: 13, p90: 20 };
const docsProse: ProseLimits = { ...sourceProse, p90: 25 };

/** Measures the checkout at `root`: prose, rooms, import circles, lengths and docstrings. */
export function measureHouse(root: string): Measures {
  const source = readFiles(root, ["src"], isTypeScript);
  const tests = readFiles(root, ["test", "scripts"], isTypeScript);
  const docs = readFiles(root, ["docs", "README.md", "CONTRIBUTING.md"], (name) => name.endsWith(".md"));
  const all = [...source, ...tests];
  const lengths = source.map(({ text }) => linesIn(text)).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const full = fullFolders(all);
  const long = all.filter(({ text }) => linesIn(text) > mostLines);
  const circles = circlesOf(arrowsOf(source));
  const docstrings = source.filter(({ path }) => documented.some((room) => path.startsWith(room))).map(docstringsOf);
  const names = docstrings.flatMap((file) => file.names);
  const missing = docstrings.flatMap((file) => file.missing);
  const prose = [
    { name: "src", prose: proseOf(source), limits: sourceProse },
    { name: "docs", prose: proseOf(docs), limits: docsProse },
  ];
  return {
    rows: [
      row("files in src", `${source.length}`),
      row("rooms in src", `${new Set(source.map(({ path }) => dirname(path))).size}`),
      row("most files in a folder", `${mostIn(all)}`, `at most ${mostFiles}`),
      row("longest file", `${Math.max(...all.map(({ text }) => linesIn(text)))} lines`, `at most ${mostLines}`),
      row("median file of src", `${median} lines`, `at most ${medianLines}`),
      row("import circles", `${circles.length}`, "0"),
      row("names without docstring", `${missing.length} of ${names.length}`, "0 in api, core and store"),
      ...prose.flatMap(({ name, prose: found, limits }) => proseRows(name, found, limits)),
    ],
    problems: [
      ...full.map(([folder, count]) => `${folder} has ${count} files, expected at most ${mostFiles}: split it by duty`),
      ...long.map(({ path }) => `${path} has more than ${mostLines} lines: it holds a second concept`),
      ...(median > medianLines ? [`the median file of src has ${median} lines, expected at most ${medianLines}`] : []),
      ...circles.map((circle) => `imports form a circle in ${circle}: move the shared part down`),
      ...missing.map((name) => `${name} has no docstring: say what it returns or does`),
      ...prose.flatMap(({ name, prose: found, limits }) => proseProblems(name, found, limits)),
    ],
    worst: worstOf([...source, ...docs], 20),
  };
}

function row(name: string, found: string, limit = ""): Row {
  return { name, found, limit };
}

function proseRows(name: string, prose: Prose, limits: ProseLimits): readonly Row[] {
  const { words, relativePronouns, idioms, mean, p90 } = prose;
  return [
    row(`${name}: words of prose`, `${words}`),
    row(`${name}: relative pronouns`, relativePronouns.toFixed(1), `at most ${limits.relativePronouns} per 1,000`),
    row(`${name}: idioms`, idioms.toFixed(1), `at most ${limits.idioms} per 1,000`),
    row(`${name}: words a sentence`, `mean ${mean.toFixed(1)}, p90 ${p90}`, `at most ${limits.mean}, ${limits.p90}`),
  ];
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

function countsOf(files: readonly SourceFile[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return counts;
}

function fullFolders(files: readonly SourceFile[]): readonly (readonly [folder: string, count: number])[] {
  return [...countsOf(files)].filter(([, count]) => count > mostFiles);
}

function mostIn(files: readonly SourceFile[]): number {
  return Math.max(...countsOf(files).values());
}
