import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const house = resolve(import.meta.dirname, "../..");
const root = join(house, "src");
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

const linesOf = (text: string) => text.split("\n").length - 1;

/** What people wrote below a folder, scripts without an ending included: path → lines. Data and locks may be as long as they are. */
function written(folder: string): readonly { readonly path: string; readonly lines: number }[] {
  return readdirSync(join(house, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[^.]+$|\.(ts|py|sh|go)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(house, path), lines: linesOf(readFileSync(path, "utf8")) }));
}

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

  it.each(["src", "test", "scripts"])("has no file over 300 lines in %s", (folder) => {
    const all = written(folder);
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(({ lines }) => lines > 300)).toEqual([]);
  });

  it("keeps half of the files of src at 70 lines or fewer", () => {
    const lengths = files.map(({ text }) => linesOf(text)).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(70);
  });

  it("has no drawer for things without a name", () => {
    const drawers = /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.ts$)/i;
    expect(files.map((file) => file.path).filter((path) => drawers.test(path))).toEqual([]);
  });
});
