import { mkdirSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, greeting, hello, type Installation, type UpProcess } from "../../support/up/installation.ts";

const head = "apiVersion: ci.alice.cern.ch/v1alpha1\nkind: BuilderPool\n";
/** A pool with one additional line. The wrong line ends in `# <`. */
const pool = (name: string, ...lines: readonly string[]) =>
  `${head}metadata: {name: ${name}}\nspec:\n  package: hello\n${lines.map((line) => `  ${line}\n`).join("")}`;
const inHello = `repository: ${hello}`;

/** The mistake, the document, and the expected message after file and line. */
const documents: readonly (readonly [string, string, string])[] = [
  [
    "a tab",
    `${head}metadata: {name: tab}\nspec:\n\tpackage: hello # <\n`,
    "is not valid YAML: Tabs are not allowed as indentation",
  ],
  [
    "an unknown field",
    pool("unknown", inHello, "instnaces: 2 # <"),
    "spec.instnaces: unknown field; correct or remove it",
  ],
  ["a wrong type", pool("type", inHello, "instances: two # <"), 'spec.instances: expected a number, found "two"'],
  ["half a builder", pool("half", inHello, "instances: 0.5 # <"), "spec.instances: expected a whole number, found 0.5"],
  [
    "10,000 instances",
    pool("many", inHello, "instances: 10000 # <"),
    "spec.instances: expected at most 1000, found 10000",
  ],
  ["-1 instances", pool("less", inHello, "instances: -1 # <"), "spec.instances: expected at least 0, found -1"],
  ["a text for a truth", pool("truth", inHello, 'silent: "no" # <'), 'spec.silent: expected true or false, found "no"'],
  [
    "a duration of words",
    pool("soon", inHello, "warmup:", "  timeout: soon # <"),
    'spec.warmup.timeout: expected a duration such as 90s, 10m, 1h30m or 2d, found "soon"',
  ],
  [
    "a repository without owner",
    pool("owner", "repository: hello # <"),
    'spec.repository: expected owner/name of a GitHub repository, found "hello"',
  ],
  [
    "a name that no builder can have",
    `${head}metadata:\n  name: O2_Builders # <\nspec: {package: hello, ${inHello}}\n`,
    'metadata.name: expected a name of lower-case letters, digits and dashes, found "O2_Builders"',
  ],
  [
    "no package",
    `${head}metadata: {name: bare}\nspec: # <\n  ${inHello}\n`,
    "spec.package: is required: expected a text",
  ],
  ["no spec", `${head.replace("\n", " # <\n")}metadata: {name: empty}\n`, "spec: is required: expected a mapping"],
  [
    "another version",
    `apiVersion: v1 # <\nkind: BuilderPool\nmetadata: {name: v}\nspec: {package: hello, ${inHello}}\n`,
    'apiVersion: expected "ci.alice.cern.ch/v1alpha1", found "v1"',
  ],
  ["a list", "- one # <\n- two\n", 'expected a mapping, found ["one","two"]'],
  ["a text", "hello world # <\n", 'expected a mapping, found "hello world"'],
];

/** Checks of one pool with valid neighbours: the mistake, the check, and the expected message. */
const checks: readonly (readonly [string, readonly string[], string])[] = [
  [
    "an unknown field of a check",
    ["- name: unknown", "  tiemouts: {build: 1h} # <"],
    "spec.checks[1].tiemouts: unknown field; correct or remove it",
  ],
  ["a check that is a text", ["- just words # <"], 'spec.checks[2]: expected a mapping, found "just words"'],
  [
    "a name with a blank",
    ["- name: build/a b # <"],
    'spec.checks[3].name: expected a check name without blanks, such as build/O2/o2, found "build/a b"',
  ],
  [
    "a merge directory that is no development package (W-1)",
    [
      "- name: nowhere",
      "  checkout: elsewhere # <",
      "  developmentPackages:",
      `    - {repository: ${hello}}`,
      "    - {repository: alisw/alidist}",
    ],
    "spec.checks[4].checkout: check nowhere would merge pull requests into directory elsewhere, but its development packages are hello, alidist, so no pull request would be built; set checkout to the directory of alice/hello",
  ],
  [
    "no recipes",
    ["- name: unread", `  developmentPackages: [{repository: ${hello}}] # <`],
    "spec.checks[5].developmentPackages: check unread has no recipes: no development package (hello) is in directory alidist; add {repository: alisw/alidist, branch: master}",
  ],
  [
    "one directory for two packages",
    [
      "- name: shared",
      "  developmentPackages: # <",
      `    - {repository: ${hello}}`,
      "    - {repository: alisw/alidist}",
      "    - {repository: other/hello}",
    ],
    "spec.checks[6].developmentPackages: check shared has two development packages in directory hello; set another directory for one of them",
  ],
  [
    "a check twice",
    ["- name: build/hello/o2 # <"],
    "spec.checks[7].name: check build/hello/o2 is defined twice in pool hello, and the first definition is used; rename or remove the second",
  ],
];
/** Checks of a pool without a repository. */
const homeless: readonly (readonly [string, readonly string[], string])[] = [
  [
    "a check without a repository",
    ["- name: homeless # <"],
    "spec.checks[0].repository: check homeless has no repository; set spec.repository or checks[].repository to owner/name",
  ],
];

describe("builderpool up with partly invalid pool files", () => {
  let machine: Installation;
  let up: UpProcess;
  const sentences: (readonly [string, string])[] = [];

  /** Adds the mistake to the text and remembers the expected line. */
  function compose(file: string, text: string, wrong: string, sentence: string): string {
    const above = wrong.slice(0, wrong.indexOf("# <"));
    sentences.push([`${file}:${(text + above).split("\n").length}`, sentence]);
    return text + wrong;
  }

  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare({ checks: [{ name: "build/hello/o2" }] });
    const listed = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join("");
    let good = await readFile(machine.poolFile, "utf8");
    for (const [, lines, sentence] of checks) good = compose(machine.poolFile, good, listed(lines), sentence);
    await writeFile(machine.poolFile, good);

    const other = join(machine.directory, "other.yaml");
    let text = "";
    for (const [, wrong, sentence] of documents) text = compose(other, `${text}---\n`, wrong, sentence);
    const here = `github: {apiUrl: ${machine.github.apiUrl}}`;
    text += `---\n${pool("zero", inHello, here, "instances: 0", "checks: [{name: none}]")}`;
    text += `---\n${pool("homeless", here, "instances: 0", "checks:")}`;
    for (const [, lines, sentence] of homeless) text = compose(other, text, listed(lines), sentence);
    await writeFile(other, text);

    const files = {
      "unclosed.yaml": `${head}metadata: {name: open\nspec: [\n`,
      "binary.yaml": "\0\u{1}\xff\xfe",
      "empty.yaml": "",
    };
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(machine.directory, name), content, "latin1");
    mkdirSync(join(machine.directory, "folder.yaml"));
    const names = [...Object.keys(files), "folder.yaml", "missing.yaml"];
    up = machine.up("-f", other, ...names.map((name) => join(machine.directory, name)));
    await up.line(/hello-0: ready/);
  });
  afterAll(() => machine.close());

  const all = [...checks, ...documents, ...homeless].map(([what], index) => ({ what, index }));
  it.each(all)("names file, line and field of $what", ({ index }) => {
    const [place, sentence] = sentences[index] ?? [];
    expect(up.output()).toContain(`  ${place}: ${sentence}`);
  });

  it.each([
    ["unclosed.yaml", /:\d+: is not valid YAML: /],
    ["binary.yaml", /:1: /],
    ["empty.yaml", /:1: contains no BuilderPool; add a document with kind: BuilderPool/],
    ["folder.yaml", /: cannot be read: it is a directory; list the files in it instead/],
    ["missing.yaml", /: cannot be read: there is no such file/],
  ])("names the problem of %s", (name, sentence) => {
    const lines = up
      .output()
      .split("\n")
      .filter((line) => line.includes(`/${name}`));
    expect(lines).toEqual([expect.stringMatching(sentence)]);
  });

  it("prints each message once", () => {
    for (const [place, sentence] of sentences)
      expect(
        up
          .output()
          .split("\n")
          .filter((line) => line.includes(`${place}: ${sentence}`)),
      ).toHaveLength(1);
  });

  it("builds with the valid check between invalid ones, and runs the valid pools of invalid files", async () => {
    const { number } = await machine.propose("Greet", greeting("Hello, neighbours"));
    await up.line(new RegExp(`build/hello/o2 ${hello}#${number}: GitHub shows success`));
    expect((await machine.get("pools")).map(({ metadata }) => metadata.name).toSorted()).toEqual([
      "hello",
      "homeless",
      "zero",
    ]);
    expect((await machine.get("builders")).map(({ metadata }) => metadata.name)).toEqual(["hello-0"]);
  });

  it("exits with code 2 without starting when no valid pool is left", async () => {
    const file = join(machine.directory, "bad.yaml");
    await writeFile(file, documents.map(([, wrong]) => `---\n${wrong}`).join(""));
    const ended = await machine.run("up", "-f", file, "--work-dir", join(machine.directory, "unused"));
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^builderpool: nothing to run:\n/) });
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(documents.length + 1);
  });

  it.each([
    ["scale hello 10000", /Expected a whole number from 0 to 1000/],
    ["scale hello -1", /unknown option|Expected a whole number from 0 to 1000/],
    ["scale hello many", /Expected a whole number from 0 to 1000/],
  ])("refuses `%s` with exit code 2", async (command, sentence) => {
    const ended = await machine.run(...command.split(" "));
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(sentence) });
  });
});
