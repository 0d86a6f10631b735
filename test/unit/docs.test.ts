import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { VerdictResult } from "../../src/api/objects/build.ts";
import {
  approvalNeeded,
  notBuildingStatusOf,
  recheckingStatusOf,
  retryingStatusOf,
  startedStatusOf,
  verdictStatusOf,
} from "../../src/core/report/post/status.ts";
import { version } from "../../src/system/version.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const run = promisify(execFile);
const program = join(root, "bin/builderpool");

/** The rows of a page's tables whose first cell is an identifier such as W-17. */
function rowsOf(page: string): readonly { readonly id: string; readonly cells: string }[] {
  return [...read(page).matchAll(/^\| (?<id>[A-Z]+-[0-9]+) \|(?<cells>.*)\|$/gm)].map(({ groups }) => ({
    id: groups?.["id"] ?? "",
    cells: groups?.["cells"] ?? "",
  }));
}

/** Tests are named as a link to the file and the title in quotes. */
const testsIn = (text: string) =>
  [...text.matchAll(/\]\(\.\.\/(?<path>test\/[^)]+)\) "(?<title>[^"]+)"/g)].map(({ groups }) => ({
    path: groups?.["path"] ?? "",
    title: groups?.["title"] ?? "",
  }));
const linksIn = (text: string) => [...text.matchAll(/\]\(\.\.\/(?<path>[^)#]+)/g)].map((match) => match[1] ?? "");

/** What a page tells people to type. */
const commandsIn = (page: string) =>
  [...read(page).matchAll(/```\n(?<block>[^`]*)```|`(?<inline>[^`\n]+)`/g)]
    .flatMap(({ groups }) => (groups?.["block"] ?? groups?.["inline"] ?? "").split("\n"))
    .map((line) => line.replace(/ #.*| >.*/, "").trim());

const sequence = (letter: string, last: number) => Array.from({ length: last }, (_, index) => `${letter}-${index + 1}`);

describe.each([
  ["docs/known-bugs.md", sequence("W", 45)],
  [
    "docs/contract-cases.md",
    (
      [
        ["S", 5],
        ["P", 21],
        ["E", 11],
        ["T", 5],
        ["L", 5],
        ["N", 1],
        ["B", 14],
        ["O", 7],
      ] as const
    ).flatMap(([letter, last]) => sequence(letter, last)),
  ],
] as const)("the table of %s", (page, ids) => {
  const rows = rowsOf(page);

  it("W-33: has every case once, in order", () => {
    expect(rows.map(({ id }) => id)).toEqual(ids);
  });

  it("says for each where it is tested, or which file makes it impossible", () => {
    expect(rows.filter(({ cells }) => linksIn(cells).length === 0).map(({ id }) => id)).toEqual([]);
  });

  it("names files that exist, and tests that are in them", () => {
    const text = rows.map(({ cells }) => cells).join("\n");
    expect(linksIn(text).filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const missing = testsIn(text).filter(({ path, title }) => !read(path).includes(`"${title}"`));
    expect(missing).toEqual([]);
    expect(linksIn(text).filter((path) => path.startsWith("test/"))).toHaveLength(testsIn(text).length);
  });
});

describe("the faults from the field", () => {
  const [, section = ""] = read("docs/known-bugs.md").split("## Faults from the field");
  const rows = [...section.matchAll(/^\| (?<fault>.+?) \| (?<test>.+) \| (?<mended>.+) \|$/gm)]
    .map(({ groups = {} }) => groups)
    .filter(({ fault }) => fault !== "Fault" && fault !== "---");

  it("name a test each, and the files that mend them, or say that they are not served", () => {
    expect(rows.length).toBeGreaterThan(50);
    const bare = rows.filter(
      ({ test = "", mended = "" }) => (!test.startsWith("Not served.") && testsIn(test).length === 0) || mended === "",
    );
    expect(bare.map(({ fault }) => fault)).toEqual([]);
  });

  it("name files that exist, and tests that are in them", () => {
    expect(linksIn(section).filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(testsIn(section).filter(({ path, title }) => !read(path).includes(`"${title}"`))).toEqual([]);
    expect(
      linksIn(section).filter((path) => path.startsWith("test/") && path.endsWith(".test.ts")).length,
    ).toBeGreaterThanOrEqual(testsIn(section).length);
  });
});

describe("what the pages tell people to type", () => {
  const commands = ["README.md", "CONTRIBUTING.md", "docs/on-one-machine.md", "docs/on-a-cluster.md"].flatMap(
    commandsIn,
  );

  it("is a target of the Makefile, with a line in its help", () => {
    const targets = commands.flatMap((line) => /^make (?:-C \S+ )?([a-z0-9-]+)/.exec(line)?.[1] ?? []);
    const documented = [...read("Makefile").matchAll(/^(?<name>[a-z0-9-]+):.*## \S/gm)].map((match) => match[1] ?? "");
    expect(targets.length).toBeGreaterThan(3);
    expect(targets.filter((target) => !documented.includes(target))).toEqual([]);
  });

  it("is a command of builderpool, with options that its help shows", async () => {
    const typed = commands.flatMap((line) => {
      const { name, rest = "" } = /\b(?:bin\/|kubectl )builderpool (?<name>[a-z]+)(?<rest>.*)/.exec(line)?.groups ?? {};
      return name === undefined ? [] : [{ name, options: rest.match(/(?<= )--?[a-z][a-z-]*/g) ?? [] }];
    });
    const names = [...new Set(typed.map(({ name }) => name))];
    const helps = await Promise.all(names.map(async (name) => (await run(program, [name, "--help"])).stdout));
    const help = new Map(names.map((name, index) => [name, helps[index] ?? ""]));
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !help.get(name)?.startsWith(`Usage: builderpool ${name} `))).toEqual([]);
    const unknown = typed.flatMap(({ name, options }) =>
      options
        .filter((option) => !help.get(name)?.match(`(?:^|[ ,])${option}[ ,=]`))
        .map((option) => `${name} ${option}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("the page for whoever opened a pull request", () => {
  const page = read("docs/on-github.md");

  it("has every status that GitHub may show", () => {
    const said = VerdictResult.options.map((result) => verdictStatusOf("build/O2", { result }).description);
    const begins = [
      startedStatusOf(0, "o2-3"),
      recheckingStatusOf(0, "o2-3", ""),
      retryingStatusOf("DiskFull", "o2-3"),
      notBuildingStatusOf("Draft"),
    ];
    const words = begins.map(
      (status) => /^.*?(?: since|fault:|:|Started)/.exec(status?.description ?? "")?.[0] ?? "none",
    );
    const texts = [approvalNeeded.description, ...said, ...words];
    expect(texts.filter((text) => text !== "" && !page.includes(`\`${text}`))).toEqual([]);
  });
});

describe("the pages for people", () => {
  it.each([
    "README.md",
    "SECURITY.md",
    "docs/security.md",
    "docs/architecture.md",
    "docs/on-one-machine.md",
    "docs/on-a-cluster.md",
  ])("lead to files that exist: %s", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)(?<path>[^)#]+)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((path) => !existsSync(resolve(root, page, "..", path)))).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  it("maps every folder of src to one sentence", () => {
    const row = /^\| \[(?<name>[^\]]+)\]\(\.\.\/src\/[^)]+\/\) \| (?<duty>.+) \|$/gm;
    const rows = [...read("docs/architecture.md").matchAll(row)].map(({ groups }) => groups ?? {});
    const folders = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(join(root, "src"), join(entry.parentPath, entry.name)));
    expect(rows.map(({ name }) => name).sort()).toEqual(folders.sort());
    expect(rows.filter(({ duty = "" }) => !/^[A-Z].*\.$/.test(duty))).toEqual([]);
  });
});

describe("what the pages tell people to give helm", () => {
  const defaults = parse(read("deploy/helm/builderpool/values.yaml"));
  const has = (path: readonly string[]) =>
    path.reduce((value, key) => (value === null || typeof value !== "object" ? undefined : value[key]), defaults) !==
    undefined;

  it("is a value of the chart", () => {
    const texts = ["README.md", "docs/on-a-cluster.md"].map(read).join("\n");
    const flags = [...texts.matchAll(/--set ([A-Za-z.]+)=/g)].map((match) => (match[1] ?? "").split("."));
    const [, file = ""] = /# values-ci\.yaml\n([^`]*)```/.exec(texts) ?? [];
    const written = leaves(parse(file));
    const named = [...texts.matchAll(/`((?:logs|crds|images)\.[A-Za-z.]+)(?:=\w+)?`/g)].map((match) =>
      (match[1] ?? "").split("."),
    );
    expect([flags.length, written.length, named.length].every((count) => count > 0)).toBe(true);
    expect([...flags, ...written, ...named].filter((path) => !has(path))).toEqual([]);
  });
});

function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

describe("the command", () => {
  it("says the version of the package", () => {
    expect(version).toBe((JSON.parse(read("package.json")) as { version: string }).version);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const pipe = run("bash", ["-c", `set -o pipefail; "${program}" --help | true`]);
    expect(await pipe).toEqual({ stdout: "", stderr: "" });
  });
});
