import type { DevelopmentPackage } from "../../../api/objects/check.ts";
import { checkoutOf, directoryOf, isToolUnderTest } from "../checks.ts";
import type { Evaluated } from "./evaluate.ts";
import { type Fields, hasField } from "./fields.ts";
import type { Report } from "./finding.ts";
import { handlingOf } from "./homeless.ts";
import { readAsPython } from "./pythonReader.ts";
import type { SourceFile } from "./tree.ts";

/** Variables that ali-bot's lister read with its own parser. */
const listerVariables = ["CHECK_NAME", "PR_REPO", "PR_BRANCH", "TRUST_COLLABORATORS", "TRUSTED_USERS", "TRUSTED_TEAM"];

/** Reports findings about one file. `usedNames` are the variables that any value of the tree reads. */
export function lintFile(
  source: SourceFile,
  { own, used, settings, skipped }: Evaluated,
  usedNames: ReadonlySet<string>,
  report: Report,
): void {
  const file = source.path;
  for (const { name, line, value, unknown } of own) {
    // An empty value only removes the inherited value.
    if (value === "" && unknown === undefined) continue;
    const handling = handlingOf(name);
    if (handling !== undefined) report({ file, line, severity: "note", message: `${name} ${handling}` });
    else if (!hasField(name) && name !== "CONTAINER_IMAGE" && !usedNames.has(name)) {
      report({ file, line, severity: "warning", message: `${name} is unknown and is left out; correct or remove it` });
    }
  }
  for (const { command, line } of skipped) {
    const message = `the command \`${command}\` is skipped: only plain assignments are read`;
    report({ file, line, severity: "warning", message });
  }
  for (const { name, line, known } of used) {
    if (known || hasField(name)) continue;
    report({ file, line, severity: "warning", message: `$${name} is not set in any file, so it is empty` });
  }
  const silent = settings.get("SILENT");
  if (silent?.file === file && silent.value !== "") {
    const message = "SILENT takes effect now, so this check publishes nothing; ali-bot ignored it and published";
    report({ file, line: silent.line, severity: "warning", message });
  }
  lintReaders(source, settings, report);
}

/** Reports variables that ali-bot's lister read differently, because it did not follow the rules of the shell. */
function lintReaders({ path: file, text }: SourceFile, settings: Evaluated["settings"], report: Report): void {
  const python = readAsPython(text);
  if (python === undefined) {
    const message =
      "a comment has an unclosed quote, so ali-bot's lister failed and did not list this check; builderpool builds it";
    report({ file, line: 1, severity: "warning", message });
    return;
  }
  for (const name of listerVariables) {
    const setting = settings.get(name);
    const [shell, lister] = [setting?.file === file ? setting.value : undefined, python.get(name)];
    if (shell === lister || setting?.unknown !== undefined) continue;
    const shown = (value: string | undefined) => (value === undefined ? "nothing" : JSON.stringify(value));
    const message = `${name} is ${shown(shell)}, as in the shell; ali-bot's lister read ${shown(lister)}`;
    report({ file, line: setting?.file === file ? setting.line : 1, severity: "warning", message });
  }
}

/** Reports a check that would never merge a pull request: its verdict would be about the base branch only. */
export function lintMergeDirectory(fields: Fields, report: Report): void {
  const text = (path: string) => String(fields.get(path)?.value ?? "");
  const repository = text("repository");
  const packages = (fields.get("developmentPackages")?.value ?? []) as readonly DevelopmentPackage[];
  const directory = text("checkout") || checkoutOf(repository, packages);
  const directories = packages.map(directoryOf);
  if (directories.includes(directory)) return;
  const { file = "", line = 1 } = fields.get("checkout") ?? fields.get("repository") ?? {};
  const testsTool = isToolUnderTest(repository, text("tool.alibuild"));
  report(
    testsTool
      ? {
          file,
          line,
          severity: "note",
          message: `nothing is merged because the pull request is the build tool itself, ${text("tool.alibuild")}`,
        }
      : {
          file,
          line,
          severity: "error",
          message: `merge directory ${directory} is not a development package (${directories.join(", ")}), so no pull request would be merged and the check will not run; set PR_REPO_CHECKOUT to the directory of ${repository}`,
        },
  );
}
