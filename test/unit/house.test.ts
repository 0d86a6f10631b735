import { relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { docstringsOf } from "../../scripts/house/docstrings.ts";
import { isTypeScript, readFiles } from "../../scripts/house/files.ts";
import { arrowsOf, circlesOf, importsOf } from "../../scripts/house/imports.ts";
import { measureHouse } from "../../scripts/house/measure.ts";
import { proseOf } from "../../scripts/house/prose.ts";

const root = resolve(import.meta.dirname, "../..");
const floors: Readonly<Record<string, number>> = {
  api: 0,
  core: 1,
  system: 1,
  store: 2,
  github: 2,
  logs: 2,
  operator: 3,
  builder: 3,
  cell: 3,
  cockpit: 3,
  agent: 4,
  local: 4,
  cli: 5,
};
/** The cell knows neither the object store nor GitHub nor logs. The builder does not know GitHub. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  cell: ["store", "github", "logs"],
  builder: ["github"],
};

const files = readFiles(root, ["src"], isTypeScript);
const arrows = arrowsOf(files);
const floorNameOf = (path: string) => path.split("/")[1] ?? "";
const on = (...names: readonly string[]) => files.filter(({ path }) => names.includes(floorNameOf(path)));

describe("the house", () => {
  it("has only the floors of the design", () => {
    expect(
      [...new Set(files.map(({ path }) => floorNameOf(path)))].filter((name) => floors[name] === undefined),
    ).toEqual([]);
  });

  it("has no import that points up or sideways", () => {
    const wrong = arrows.filter(
      ({ from, to }) =>
        floorNameOf(from) !== floorNameOf(to) && (floors[floorNameOf(from)] ?? -1) <= (floors[floorNameOf(to)] ?? 99),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps the cell away from store, GitHub and logs, and the builder away from GitHub", () => {
    expect(arrows.filter(({ from, to }) => forbidden[floorNameOf(from)]?.includes(floorNameOf(to)))).toEqual([]);
  });

  it("lets api import zod alone, and core nothing that does I/O", () => {
    const packages = (floor: string) =>
      on(floor).flatMap((file) =>
        importsOf(file)
          .filter((name) => !name.startsWith("."))
          .map((name) => `${file.path}: ${name}`),
      );
    expect(packages("api").filter((line) => !line.endsWith(": zod"))).toEqual([]);
    expect(packages("core").filter((line) => !/: (zod|node:crypto)$/.test(line))).toEqual([]);
  });

  it("has no clock, chance or environment in api and core", () => {
    const impure = on("api", "core").filter(({ text }) =>
      /Date\.now\(|new Date\(\)|Math\.random|performance\.now|process\.|setTimeout|setInterval/.test(text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  it("has no file over 300 lines, scripts without an ending included", () => {
    const isScript = (name: string) => /(^|\/)[^./]+$|\.(ts|tsx|py|sh|go)$/.test(name);
    const written = readFiles(root, ["src", "test", "scripts"], isScript);
    expect(written.length).toBeGreaterThan(500);
    expect(written.filter(({ text }) => text.split("\n").length - 1 > 300).map(({ path }) => path)).toEqual([]);
  });

  it("keeps prose, rooms, imports and docstrings within the limits of `make house`", () => {
    const { rows, problems } = measureHouse(root);
    expect(rows.length).toBeGreaterThan(10);
    expect(problems).toEqual([]);
  });

  it("has no drawer for things without a name", () => {
    const drawers = /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.tsx?$)/i;
    expect(files.map(({ path }) => relative("src", path)).filter((path) => drawers.test(path))).toEqual([]);
  });
});

describe("an import circle", () => {
  const files = (imports: Readonly<Record<string, string>>) =>
    Object.entries(imports).map(([path, to]) => ({ path, text: `import { x } from "${to}";` }));

  it("is found between two files", () => {
    expect(circlesOf(arrowsOf(files({ "src/a.ts": "./b.ts", "src/b.ts": "./a.ts" })))).toEqual(["src: a.ts, b.ts"]);
  });

  it("is found between two folders, though no file imports itself back", () => {
    const between = files({ "src/a/x.ts": "../b/y.ts", "src/b/z.ts": "../a/w.tsx" });
    expect(circlesOf(arrowsOf(between))).toEqual(["src: a, b"]);
  });

  it("is not a file that imports its own folder's rooms", () => {
    expect(circlesOf(arrowsOf(files({ "src/plan.ts": "./a/x.ts", "src/a/x.ts": "../observed.ts" })))).toEqual([]);
  });
});

describe("a docstring", () => {
  it("is missed at each exported name, and shared by a schema and its type", () => {
    const text = [
      "/** A pool. */",
      "export const Pool = 1;",
      "export type Pool = typeof Pool;",
      "",
      "export async function run() {}",
    ].join("\n");
    expect(docstringsOf({ path: "a.ts", text })).toEqual({ names: ["Pool", "run"], missing: ["a.ts: run"] });
  });
});

describe("the measure of prose", () => {
  it("counts pronouns, idioms and words a sentence in comments and descriptions, and nothing in code", () => {
    const text = [
      "/** The builder that nobody told what to do. It waits here. */",
      'const x = z.string().describe("Whoever holds the lease");',
      'const nobody = "who what whose";',
    ].join("\n");
    const { words, relativePronouns, idioms, mean, p90 } = proseOf([{ path: "a.ts", text }]);
    expect({ words, mean, p90 }).toEqual({ words: 15, mean: 5, p90: 8 });
    expect({ relativePronouns, idioms }).toEqual({ relativePronouns: 2000 / 15, idioms: 2000 / 15 });
  });

  it("leaves code blocks of a page out", () => {
    expect(proseOf([{ path: "a.md", text: "Run this:\n```\nwho what\n```\n" }]).words).toBe(2);
  });
});
