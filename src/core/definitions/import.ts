import { Check } from "../../api/objects/check.ts";
import { apiVersion } from "../../api/objects/group.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import { contextOf } from "./checks.ts";
import { type Evaluated, evaluate, type Settings } from "./env/evaluate.ts";
import { canDoWithout, type Fields, fieldsOf } from "./env/fields.ts";
import { createReport, type Finding, type Report } from "./env/finding.ts";
import { fieldsAsObject, lift } from "./env/lift.ts";
import { lintFile, lintMergeDirectory } from "./env/lint.ts";
import { Unsupported } from "./env/source.ts";
import { type Directory, directoriesOf, isHostDirectory, poolNameOf, type SourceFile } from "./env/tree.ts";
import { problemsOf } from "./problem.ts";

/** A BuilderPool document, as in a pool file. */
interface PoolDocument {
  readonly apiVersion: string;
  readonly kind: "BuilderPool";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Result of an import. */
export interface Imported {
  /** One pool for each directory with a readable check. A check name that appears again gets another pool. */
  readonly pools: readonly PoolDocument[];
  readonly findings: readonly Finding[];
}

/** The commit of the pull request. Its value is known only at build time. */
const start: Settings = new Map([["PR_HASH", { value: "$PR_HASH", file: "", line: 0 }]]);

/**
 * Reads ali-bot's tree of check definitions by the rules of bash, as the builders of ali-bot did. Executes nothing. A
 * value that needs a real shell makes its variable unknown, and leaves out the checks that need the variable. Commands
 * that assign nothing are skipped. A file with other commands or conditions is left out, with every check that
 * inherits from it.
 */
export function importTree(files: readonly SourceFile[]): Imported {
  const { report, all } = createReport();
  const reader = createReader(report);
  const names = new Set<string>();
  const owners = new Map<string, string>();
  const pools = directoriesOf(files, report).flatMap((directory) => {
    const checks = directory.checks.flatMap((file) => reader.check(directory, file) ?? []);
    for (const { fields } of checks) claimName(fields, owners, report);
    return withDistinctNames(checks).map((group, index) => {
      const name = poolNameOf(directory.path, names);
      names.add(name);
      if (index > 0) for (const { fields } of group) noteOtherPool(fields, name, report);
      return documentOf(name, directory.path, group, report);
    });
  });
  reader.lint();
  return { pools, findings: all() };
}

interface ReadCheck {
  readonly file: string;
  readonly settings: Settings;
  readonly fields: Fields;
}

/** Groups with each check name once, in any letter case, as a pool has it. */
function withDistinctNames(checks: readonly ReadCheck[]): readonly (readonly ReadCheck[])[] {
  const groups: ReadCheck[][] = [];
  const nameOf = ({ fields }: ReadCheck) => String(fields.get("name")?.value);
  for (const check of checks) {
    const free = groups.find((group) => !group.some((other) => isSameName(nameOf(other), nameOf(check))));
    if (free === undefined) groups.push([check]);
    else free.push(check);
  }
  return groups;
}

function noteOtherPool(fields: Fields, pool: string, report: Report): void {
  const { value: name, file = "", line = 1 } = fields.get("name") ?? {};
  const message = `CHECK_NAME ${String(name)} appears twice in this folder, and a pool has each check name once; this check is in the pool ${pool}`;
  report({ file, line, severity: "note", message });
}

function createReader(report: Report) {
  const read: { readonly file: SourceFile; readonly evaluated: Evaluated }[] = [];

  function settingsOf(file: SourceFile, before: Settings): Settings | undefined {
    if (file.unreadable !== undefined) {
      const message = `${file.unreadable}; this file and every check that inherits from it are left out`;
      report({ file: file.path, line: 1, severity: "error", message });
      return undefined;
    }
    try {
      const evaluated = evaluate(file.path, file.text, before);
      read.push({ file, evaluated });
      return evaluated.settings;
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      const message = `${error.message} is not supported: only plain assignments are read; this file and every check that inherits from it are left out`;
      report({ file: file.path, line: error.line, severity: "error", message });
      return undefined;
    }
  }

  return {
    check({ defaults }: Directory, file: SourceFile): ReadCheck | undefined {
      let settings: Settings | undefined = start;
      for (const source of [...defaults, file]) settings = settings && settingsOf(source, settings);
      if (settings === undefined || !canDoWithout(file.path, settings, report)) return undefined;
      const fields = fieldsOf(file.path, settings, report);
      if (!isValid(file.path, fields, report)) return undefined;
      lintMergeDirectory(fields, report);
      return { file: file.path, settings, fields };
    },
    /**
     * Reports findings about single files. Call it after all checks were read: any file may use a variable of another.
     */
    lint(): void {
      const used = new Set(read.flatMap(({ evaluated }) => evaluated.used.map(({ name }) => name)));
      for (const { file, evaluated } of read) lintFile(file, evaluated, used, report);
    },
  };
}

function isValid(file: string, fields: Fields, report: Report): boolean {
  const missing = { name: "CHECK_NAME", repository: "PR_REPO", package: "PACKAGE" };
  const absent = Object.entries(missing).filter(([path]) => !fields.has(path));
  for (const [, variable] of absent) {
    report({ file, line: 1, severity: "error", message: `${variable} is not set; the check is left out` });
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

/** Reports a check name that another check of the repository has: a GitHub status can have only one author. */
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
      message: `CHECK_NAME ${String(name)} is also the name of the check in ${owner}; rename one of them`,
    });
}

function documentOf(name: string, path: string, checks: readonly ReadCheck[], report: Report): PoolDocument {
  const { pool, checks: own } = lift(checks.map(({ fields }) => fields));
  if (isHostDirectory(path)) {
    const message = `pool ${name}: the tree does not define spec.external.names; list the hosts of ${path} there`;
    report({ file: checks[0]?.file ?? "", line: 1, severity: "note", message });
    const spec = { ...pool, instances: 0, external: { names: [] }, checks: own };
    return { apiVersion, kind: "BuilderPool", metadata: { name }, spec };
  }
  const image = imageOf(checks, report);
  const needs = [...(image === undefined ? ["spec.image"] : []), "spec.architecture", "spec.instances"].join(", ");
  const message = `pool ${name}: the tree does not define ${needs}; set them to run the pool in a cluster`;
  report({ file: checks[0]?.file ?? "", line: 1, severity: "note", message });
  const spec = { ...pool, ...(image === undefined ? {} : { image }), checks: own };
  return { apiVersion, kind: "BuilderPool", metadata: { name }, spec };
}

/** Returns the common image of all checks, if any. A check with a different image needs a separate pool. */
function imageOf(checks: readonly ReadCheck[], report: Report): string | undefined {
  const images = checks.map(({ settings }) => {
    const image = settings.get("CONTAINER_IMAGE");
    return image?.unknown === undefined ? image : undefined;
  });
  const [first] = images;
  if (first !== undefined && images.every((image) => image?.value === first.value)) return first.value || undefined;
  for (const image of images) {
    if (image === undefined || image.value === "") continue;
    const message = `CONTAINER_IMAGE is left out because a pool has only one image; move the check to a separate pool with image: ${image.value}`;
    report({ file: image.file, line: image.line, severity: "error", message });
  }
  return undefined;
}
