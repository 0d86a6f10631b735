import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { parsePools } from "../../../src/local/pools/poolFiles.ts";
import { anInstallation, type Installation } from "../../support/up/installation.ts";

const head = "apiVersion: ci.alice.cern.ch/v1alpha1\nkind: BuilderPool\n";
const pool = (name: string, ...lines: readonly string[]) =>
  `${head}metadata: {name: ${name}}\nspec:\n  package: hello\n  repository: alice/hello\n${lines.map((line) => `  ${line}\n`).join("")}`;
const indented = (text: string) => text.replace(/^(?=.)/gm, "    ").replace("    ", "  - ");

describe("a pool file, as kubectl reads it", () => {
  it("gives checks the settings of a merge key", () => {
    const text = pool(
      "held",
      "checks:",
      "  - &hello",
      "    name: build/hello/o2",
      "    developmentPackages: [{repository: alice/hello}, {repository: alisw/alidist, branch: master}]",
      "  - <<: *hello",
      "    name: build/hello/two",
      "    sharedTree: yes",
    );
    const { pools, problems } = parsePools(text, "pool.yaml");
    expect(problems).toEqual([]);
    expect(pools[0]?.spec.checks?.map(({ name, sharedTree }) => [name, sharedTree])).toEqual([
      ["build/hello/o2", undefined],
      ["build/hello/two", true],
    ]);
    const checks = pools.flatMap((one) => poolChecksOf(one).checks);
    expect(checks.map(({ developmentPackages }) => developmentPackages.length)).toEqual([2, 2]);
  });

  it("has the booleans and numbers of YAML 1.1", () => {
    const { pools } = parsePools(pool("p", "silent: off", "debug: On", "instances: 010", "jobs: 0x10"), "pool.yaml");
    expect(pools[0]?.spec).toMatchObject({ silent: false, debug: true, instances: 8, jobs: 16 });
  });

  it("treats a field without a value as absent, as the API server does", () => {
    const text = pool("p", "jobs:", "update: {paused: ~}", "env: {A: null, B: b}", "warmup: null");
    const { pools, problems } = parsePools(text, "pool.yaml");
    expect(problems).toEqual([]);
    expect(pools[0]?.spec).not.toHaveProperty("jobs");
    expect(pools[0]?.spec).toMatchObject({ env: { B: "b" }, update: { paused: false }, warmup: { builds: "All" } });
  });

  it("says to quote a text that YAML reads as something else", () => {
    const { problems } = parsePools(pool("p", "env: {ALIBUILD_O2_TESTS: yes}", "branch: 010"), "pool.yaml");
    expect(problems).toEqual([
      expect.stringMatching(/^pool\.yaml:8: spec.branch: expected a text, found 8; put quotes around/),
      expect.stringMatching(/^pool\.yaml:7: .*expected a text, found true; put quotes around/),
    ]);
  });

  it("may hold a List with pools, also in a list", () => {
    const list = (...items: readonly string[]) => `apiVersion: v1\nkind: List\nitems:\n${items.map(indented).join("")}`;
    const text = list(pool("one"), pool("two", "instnaces: 2"), list(pool("three")));
    const { pools, problems } = parsePools(text, "pool.yaml");
    expect(pools.map(({ metadata }) => metadata.name)).toEqual(["one", "three"]);
    expect(problems).toEqual([expect.stringMatching(/^pool\.yaml:1[0-9]: items\[1\]\.spec\.instnaces: unknown field/)]);
  });

  it("names and skips objects of other kinds beside a pool", () => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: token}\n---\n${pool("p")}---\n# nothing\n---\napiVersion: v1\nkind: ConfigMapList\nitems: [{apiVersion: v1, kind: ConfigMap}]\n`;
    const { pools, problems, notes } = parsePools(text, "pool.yaml");
    expect(pools.map(({ metadata }) => metadata.name)).toEqual(["p"]);
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      "pool.yaml:1: Secret token is skipped: only BuilderPools are read here",
      "pool.yaml:16: ConfigMap is skipped: only BuilderPools are read here",
    ]);
  });

  it.each([
    ["an unknown kind of our group", pool("p").replace("kind: BuilderPool", "kind: BuilderPol"), "kind: expected"],
    ["a pool without apiVersion", pool("p").replace(/^.*\n/, ""), "apiVersion: expected"],
    ["a file without a pool", "apiVersion: v1\nkind: Secret\n", "contains no BuilderPool"],
    [
      "a key that stands twice",
      pool("p", "jobs: 1", "jobs: 2"),
      "pool.yaml:8: is not valid YAML: key jobs stands twice",
    ],
    ["a tab", pool("p", "\tjobs: 1"), "pool.yaml:7: is not valid YAML: Tabs are not allowed"],
    ["an unknown alias", pool("p", "jobs: *none"), "*none"],
    ["a merge of a text", pool("p", "<<: words"), "a merge key `<<` needs a mapping"],
  ])("reports %s", (_, text, sentence) => {
    expect(parsePools(text, "pool.yaml").problems.join("\n")).toContain(sentence);
  });
});

describe("builderpool up and plan -f", () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await anInstallation();
  });
  afterAll(() => installation.close());

  it("use the pool of a list, and name objects of other kinds beside it", async () => {
    await installation.declare({ silent: true });
    const { poolFile } = installation;
    const document = (await readFile(poolFile, "utf8")).replace("silent: true", "silent: yes");
    const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\n";
    await writeFile(poolFile, `apiVersion: v1\nkind: List\nitems:\n${indented(secret)}${indented(document)}`);
    const up = installation.up();
    const note = `${poolFile}:4: Secret token is skipped: only BuilderPools are read here`;
    expect(await up.line(/skipped/)).toContain(note);
    await up.line(/is ready|are ready/);
    const planned = await installation.run("plan", "-f", poolFile);
    expect(planned).toMatchObject({ exitCode: 0, stderr: `${note}\n` });
    expect(planned.stdout).toContain("hello: the file matches the running pool");
    up.kill("SIGTERM");
    await up.ended;
  });
});
