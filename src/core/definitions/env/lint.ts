import type { Evaluated } from "./evaluate.ts";
import { type Fields, hasField } from "./fields.ts";
import type { Report } from "./finding.ts";
import { fateOf } from "./homeless.ts";
import { readAsPython } from "./pythonReader.ts";
import type { SourceFile } from "./tree.ts";

/** The variables that ali-bot's lister took from its own reading of the files. */
const listerVariables = ["CHECK_NAME", "PR_REPO", "PR_BRANCH", "TRUST_COLLABORATORS", "TRUSTED_USERS", "TRUSTED_TEAM"];

/** What can be said of one file by itself. `used` are the names that some value of the tree is made from. */
export function lintFile(
  source: SourceFile,
  { own, asked, settings }: Evaluated,
  used: ReadonlySet<string>,
  report: Report,
): void {
  const file = source.path;
  for (const { name, line, value } of own) {
    // An empty value only takes back what was inherited.
    if (value === "") continue;
    const fate = fateOf(name);
    if (fate !== undefined) report({ file, line, severity: "note", message: `${name} ${fate}` });
    else if (!hasField(name) && name !== "CONTAINER_IMAGE" && !used.has(name)) {
      report({ file, line, severity: "warning", message: `${name} is unknown and left out; correct or remove it` });
    }
  }
  for (const { name, line, known } of asked) {
    if (known || hasField(name)) continue;
    report({ file, line, severity: "warning", message: `$${name} is set by no file, so it is taken as empty` });
  }
  const silent = settings.get("SILENT");
  if (silent?.file === file && silent.value !== "") {
    const message = "SILENT takes effect now: nothing is published for this check; ali-bot overwrote it and published";
    report({ file, line: silent.line, severity: "warning", message });
  }
  lintReaders(source, settings, report);
}

/** Where ali-bot's lister, which did not read like a shell, saw something else. */
function lintReaders({ path: file, text }: SourceFile, settings: Evaluated["settings"], report: Report): void {
  const python = readAsPython(text);
  if (python === undefined) {
    const message =
      "has a quote without its pair in a comment: ali-bot's lister failed on it and listed nothing from it; here it counts";
    report({ file, line: 1, severity: "warning", message });
    return;
  }
  for (const name of listerVariables) {
    const setting = settings.get(name);
    const [ours, theirs] = [setting?.file === file ? setting.value : undefined, python.get(name)];
    if (ours === theirs) continue;
    const shown = (value: string | undefined) => (value === undefined ? "nothing" : JSON.stringify(value));
    const message = `${name} is ${shown(ours)}, as in the shell; ali-bot's lister saw ${shown(theirs)}`;
    report({ file, line: setting?.file === file ? setting.line : 1, severity: "warning", message });
  }
}

/** A check that never merges a pull request would give it the verdict of its base branch. */
export function lintMergeDirectory(fields: Fields, report: Report): void {
  const text = (path: string) => String(fields.get(path)?.value ?? "");
  const repository = text("repository");
  const directory = text("checkout") || baseName(repository);
  const packages = (fields.get("developmentPackages")?.value ?? []) as readonly {
    repository: string;
    directory?: string;
  }[];
  const directories = packages.map((entry) => entry.directory ?? baseName(entry.repository));
  if (directories.includes(directory)) return;
  const { file = "", line = 1 } = fields.get("checkout") ?? fields.get("repository") ?? {};
  const testsTool = text("tool.alibuild") === `${repository}@$PR_HASH`;
  report(
    testsTool
      ? {
          file,
          line,
          severity: "note",
          message: `nothing is merged: the pull request is the tool itself, ${text("tool.alibuild")}`,
        }
      : {
          file,
          line,
          severity: "error",
          message: `merge directory ${directory} is none of the development packages (${directories.join(", ")}), so no pull request would be merged and the check will not run; set PR_REPO_CHECKOUT to the directory of ${repository}`,
        },
  );
}

function baseName(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}
