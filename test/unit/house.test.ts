import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../src");
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
  local: 4,
  cli: 5,
};
/** The hands know neither the bus nor GitHub; the brain does not know GitHub; the contract knows zod alone. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  cell: ["store", "github", "logs"],
  builder: ["github"],
};

interface File {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly File[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const imports = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map((match) => match[1] ?? "");
    return { path, text, imports };
  });

const room = (path: string) => path.split("/")[0] ?? "";
const target = (file: File, specifier: string) => relative(root, resolve(dirname(join(root, file.path)), specifier));

function arrows(): { readonly from: string; readonly to: string }[] {
  return files.flatMap((file) =>
    file.imports.filter((name) => name.startsWith(".")).map((name) => ({ from: file.path, to: target(file, name) })),
  );
}

describe("the house", () => {
  it("has only the rooms of the design", () => {
    expect([...new Set(files.map((file) => room(file.path)))].filter((name) => floors[name] === undefined)).toEqual([]);
  });

  it("has no arrow that points up or sideways", () => {
    const wrong = arrows().filter(
      ({ from, to }) => room(from) !== room(to) && (floors[room(from)] ?? -1) <= (floors[room(to)] ?? 99),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps the cell away from store, GitHub and logs, and the builder away from GitHub", () => {
    expect(arrows().filter(({ from, to }) => forbidden[room(from)]?.includes(room(to)))).toEqual([]);
  });

  it("lets the contract import zod alone, and core nothing that does I/O", () => {
    const outside = (folder: string) =>
      files
        .filter((file) => room(file.path) === folder)
        .flatMap((file) => file.imports.filter((name) => !name.startsWith(".")).map((name) => `${file.path}: ${name}`));
    expect(outside("api").filter((line) => !line.endsWith(": zod"))).toEqual([]);
    expect(outside("core").filter((line) => !/: (zod|node:crypto)$/.test(line))).toEqual([]);
  });

  it("has no clock, chance or environment in api and core", () => {
    const asks = files
      .filter((file) => ["api", "core"].includes(room(file.path)))
      .filter((file) =>
        /Date\.now\(|new Date\(\)|Math\.random|performance\.now|process\.|setTimeout|setInterval/.test(file.text),
      );
    expect(asks.map((file) => file.path)).toEqual([]);
  });

  it("has no file over 300 lines, and half of them no longer than 70", () => {
    const lengths = files
      .map((file) => ({ path: file.path, lines: file.text.split("\n").length - 1 }))
      .sort((a, b) => a.lines - b.lines);
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]?.lines ?? 0).toBeLessThanOrEqual(85);
  });

  it("has no drawer for things without a name", () => {
    const drawers = /(^|\/)(utils?|helpers?|common|misc|manager|service)(\/|\.ts$)/i;
    expect(files.map((file) => file.path).filter((path) => drawers.test(path))).toEqual([]);
  });
});
