import { Check } from "../../api/objects/check.ts";
import { apiVersion } from "../../api/objects/group.ts";
import { contextOf } from "./checks.ts";
import { type Evaluated, evaluate, type Settings } from "./env/evaluate.ts";
import { type Fields, fieldsOf } from "./env/fields.ts";
import { createReport, type Finding, type Report } from "./env/finding.ts";
import { fieldsAsObject, lift } from "./env/lift.ts";
import { lintFile, lintMergeDirectory } from "./env/lint.ts";
import { Unsupported } from "./env/shell.ts";
import { type Directory, directoriesOf, poolNameOf, type SourceFile } from "./env/tree.ts";
import { problemsOf } from "./problem.ts";

/** A BuilderPool as people write it. */
interface PoolDocument {
  readonly apiVersion: string;
  readonly kind: "BuilderPool";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Imported {
  /** One for each directory with a check that can be read. */
  readonly pools: readonly PoolDocument[];
  readonly findings: readonly Finding[];
}

/** Known at build time only: the commit of the pull request. */
const start: Settings = new Map([["PR_HASH", { value: "$PR_HASH", file: "", line: 0 }]]);

/**
 * Reads ali-bot's tree of check definitions as its builders did, with bash's rules and without bash. A file with a construct that
 * takes a real shell is left out, with all that inherits from it, and never executed.
 */
export function importTree(files: readonly SourceFile[]): Imported {
  const { report, all } = createReport();
  const reader = createReader(report);
  const names = new Set<string>();
  const owners = new Map<string, string>();
  const pools = directoriesOf(files, report).flatMap((directory) => {
    const checks = directory.checks.flatMap((file) => reader.check(directory, file) ?? []);
    if (checks.length === 0) return [];
    const name = poolNameOf(directory.path, names);
    names.add(name);
    for (const { fields } of checks) claimName(fields, owners, report);
    return [documentOf(name, checks, report)];
  });
  reader.lint();
  return { pools, findings: all() };
}

interface ReadCheck {
  readonly file: string;
  readonly settings: Settings;
  readonly fields: Fields;
}

function createReader(report: Report) {
  const read: { readonly file: SourceFile; readonly evaluated: Evaluated }[] = [];

  function settingsAfter(file: SourceFile, before: Settings): Settings | undefined {
    try {
      const evaluated = evaluate(file.path, file.text, before);
      read.push({ file, evaluated });
      return evaluated.settings;
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      const message = `${error.message} is more than plain assignments, which is all that is read here; this file and what inherits from it are left out`;
      report({ file: file.path, line: error.line, severity: "error", message });
      return undefined;
    }
  }

  return {
    check({ defaults }: Directory, file: SourceFile): ReadCheck | undefined {
      let settings: Settings | undefined = start;
      for (const source of [...defaults, file]) settings = settings && settingsAfter(source, settings);
      if (settings === undefined) return undefined;
      const fields = fieldsOf(file.path, settings, report);
      if (!isWhole(file.path, fields, report)) return undefined;
      lintMergeDirectory(fields, report);
      return { file: file.path, settings, fields };
    },
    /** After all files were read: only then is it known which variables others are made from. */
    lint(): void {
      const used = new Set(read.flatMap(({ evaluated }) => evaluated.asked.map(({ name }) => name)));
      for (const { file, evaluated } of read) lintFile(file, evaluated, used, report);
    },
  };
}

function isWhole(file: string, fields: Fields, report: Report): boolean {
  const missing = { name: "CHECK_NAME", repository: "PR_REPO", package: "PACKAGE" };
  const absent = Object.entries(missing).filter(([path]) => !fields.has(path));
  for (const [, variable] of absent) {
    report({ file, line: 1, severity: "error", message: `has no ${variable}; the check is left out` });
  }
  if (absent.length > 0) return false;
  const document = fieldsAsObject(fields);
  const parsed = Check.safeParse(document);
  for (const problem of parsed.success ? [] : problemsOf(parsed.error, document)) {
    const path = problem.path.join(".");
    const origin = [...fields].find(([field]) => path === field || path.startsWith(`${field}.`))?.[1];
    const message = `${path}: ${problem.message}; the check is left out`;
    report({ file: origin?.file ?? file, line: origin?.line ?? 1, severity: "error", message });
  }
  return parsed.success;
}

/** A status of GitHub can have one author only. */
function claimName(fields: Fields, owners: Map<string, string>, report: Report): void {
  const { value: name, file = "", line = 1 } = fields.get("name") ?? {};
  const key = contextOf({ repository: String(fields.get("repository")?.value), name: String(name) });
  const owner = owners.get(key);
  if (owner === undefined) owners.set(key, file);
  else
    report({
      file,
      line,
      severity: "error",
      message: `CHECK_NAME ${String(name)} is that of ${owner} too; rename one`,
    });
}

function documentOf(name: string, checks: readonly ReadCheck[], report: Report): PoolDocument {
  const { pool, checks: own } = lift(checks.map(({ fields }) => fields));
  const image = imageOf(checks, report);
  const needs = [...(image === undefined ? ["spec.image"] : []), "spec.architecture", "spec.instances"].join(", ");
  const message = `pool ${name}: the tree does not say ${needs}; give them to run it in a cluster`;
  report({ file: checks[0]?.file ?? "", line: 1, severity: "note", message });
  const spec = { ...pool, ...(image === undefined ? {} : { image }), checks: own };
  return { apiVersion, kind: "BuilderPool", metadata: { name }, spec };
}

/** All checks of a pool share its image; one that wants another needs a pool of its own. */
function imageOf(checks: readonly ReadCheck[], report: Report): string | undefined {
  const images = checks.map(({ settings }) => settings.get("CONTAINER_IMAGE"));
  const [first] = images;
  if (first !== undefined && images.every((image) => image?.value === first.value)) return first.value || undefined;
  for (const image of images) {
    if (image === undefined || image.value === "") continue;
    const message = `CONTAINER_IMAGE is left out, as a pool has one image: move the check to a pool of its own with image: ${image.value}`;
    report({ file: image.file, line: image.line, severity: "error", message });
  }
  return undefined;
}
