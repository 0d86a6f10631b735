import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { disagreements, type VersionFiles, versionFiles } from "../../scripts/release/agreement.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const Step = z.object({
  run: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const Permissions = z.record(z.string(), z.enum(["read", "write", "none"]));
const Job = z.object({
  uses: z.string().optional(),
  permissions: Permissions.optional(),
  "timeout-minutes": z.number().optional(),
  steps: z.array(Step).default([]),
});
const Workflow = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: Permissions,
  concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }),
  jobs: z.record(z.string(), Job),
});

const folder = ".github/workflows";
const workflows = readdirSync(join(root, folder)).map((file) => {
  const workflow = Workflow.parse(parse(read(`${folder}/${file}`)));
  const jobs = Object.entries(workflow.jobs).map(([name, job]) => ({ name, ...job }));
  return { file, workflow, jobs, steps: jobs.flatMap(({ steps }) => steps) };
});
const targets = new Set([...read("Makefile").matchAll(/^([a-z0-9-]+):/gm)].map((match) => match[1]));

/** The commands of a workflow, without line breaks that a backslash hides. */
const commandsOf = (steps: readonly z.infer<typeof Step>[]) =>
  steps.flatMap(({ run = "" }) => run.split("\n")).filter((line) => line.trim() !== "");

/** The targets in `make test` and `sudo env NAME=value make test`; options and variables are left out. */
const targetsIn = (command: string) =>
  [...command.matchAll(/\bmake((?: +(?:--?[a-z-]+|[A-Z_]+="?[$\w]+"?|[a-z0-9-]+))+)/g)].flatMap((match) =>
    (match[1] ?? "")
      .trim()
      .split(/ +/)
      .filter((word) => /^[a-z]/.test(word)),
  );

describe("the workflows", () => {
  it("are the five that RELEASE.md names", () => {
    expect(workflows.map(({ file }) => file)).toEqual([
      "check.yml",
      "cluster.yml",
      "e2e.yml",
      "release.yml",
      "test.yml",
    ]);
  });

  it("together call every suite of the Makefile", () => {
    const called = workflows.flatMap(({ steps }) => commandsOf(steps).flatMap(targetsIn));
    expect(called).toEqual(expect.arrayContaining(["check", "verify", "test", "test-cluster", "e2e"]));
  });
});

describe.each(workflows)("the workflow $file", ({ file, workflow, jobs, steps }) => {
  it("has its own name", () => {
    expect(`${workflow.name}.yml`).toBe(file);
  });

  it("calls only targets of the Makefile that exist", () => {
    const called = commandsOf(steps).flatMap(targetsIn);
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((target) => !targets.has(target))).toEqual([]);
  });

  it("reads the repository and no more, except in the job that drafts a release", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const more = jobs.filter(({ permissions }) => permissions !== undefined).map(({ name }) => name);
    expect(more).toEqual(file === "release.yml" ? ["draft"] : []);
  });

  it("limits the time of every job", () => {
    const unlimited = jobs.filter((job) => job.uses === undefined && job["timeout-minutes"] === undefined);
    expect(unlimited.map(({ name }) => name)).toEqual([]);
  });

  it("has a concurrency group of its own, so that a release can call it", () => {
    expect(workflow.concurrency.group.startsWith(`${workflow.name}-`)).toBe(true);
    expect(workflow.concurrency["cancel-in-progress"]).toBe(file !== "release.yml");
  });

  it("keeps no credential in the checkout", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  it("uses actions of GitHub with a version, and workflows that exist", () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^actions\/[a-z-]+@(v[0-9]+|[0-9a-f]{40})$/.test(action))).toEqual([]);
    const called = jobs.flatMap(({ uses }) => uses ?? []);
    expect(called.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("puts no expression into a shell command", () => {
    expect(commandsOf(steps).filter((command) => command.includes("${{"))).toEqual([]);
  });
});

describe.each(workflows.filter(({ file }) => file !== "release.yml"))("the workflow $file", ({ workflow, steps }) => {
  it("runs on main, on pull requests and in a release", () => {
    expect(workflow.on).toEqual({ push: { branches: ["main"] }, pull_request: null, workflow_call: null });
  });

  it("runs make and nothing else", () => {
    expect(
      commandsOf(steps).filter((line) => !/^(sudo env( [^ ;|&]+=[^ ;|&]+)+ )?make [a-z0-9-]+$/.test(line)),
    ).toEqual([]);
  });
});

describe("the repository", () => {
  it("is ready to be tagged with the version in package.json", () => {
    const files = Object.fromEntries(versionFiles.map((path) => [path, read(path)])) as VersionFiles;
    expect(disagreements(`v${JSON.parse(files["package.json"]).version}`, files)).toEqual([]);
  });

  it("updates every Go module, and every file that pins a package", () => {
    const Update = z.object({
      "package-ecosystem": z.string(),
      directory: z.string().optional(),
      directories: z.array(z.string()).optional(),
    });
    const { updates } = z.object({ updates: z.array(Update) }).parse(parse(read(".github/dependabot.yml")));
    const places = updates.flatMap((update) =>
      [update.directory ?? [], update.directories ?? []].flat().map((path) => `${update["package-ecosystem"]} ${path}`),
    );
    const programs = "test/support/cluster/programs";
    const modules = readdirSync(join(root, programs)).filter((name) =>
      existsSync(join(root, programs, name, "go.mod")),
    );
    const expected = ["npm /", "github-actions /", "docker /", ...modules.map((name) => `gomod /${programs}/${name}`)];
    expect(places.toSorted()).toEqual(expected.toSorted());
  });

  it.each(["bug.yml", "feature.yml"])("has an issue form with fields of different names: %s", (file) => {
    const Field = z.object({
      type: z.string(),
      id: z.string().optional(),
      attributes: z.record(z.string(), z.unknown()),
    });
    const Form = z.object({ name: z.string(), description: z.string(), body: z.array(Field) });
    const { body } = Form.parse(parse(read(`.github/ISSUE_TEMPLATE/${file}`)));
    const ids = body.filter(({ type }) => type !== "markdown").map(({ id }) => id);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
