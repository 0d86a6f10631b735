import type { Setting, Settings } from "./evaluate.ts";
import type { Report } from "./finding.ts";
import {
  aliBuildVersionOf,
  amountOf,
  developmentPackagesOf,
  flagOf,
  namesOf,
  pathsOf,
  secondsOf,
  wholeNumberOf,
} from "./values.ts";

/** Value of one field of a check, and the line that sets it. */
export interface Field {
  readonly value: unknown;
  readonly file: string;
  readonly line: number;
}
/** Fields of a check by path, such as `trust.users`. */
export type Fields = ReadonlyMap<string, Field>;

type Reading = (setting: Setting, report: Report) => readonly (readonly [path: string, value: unknown])[];

const text =
  (path: string): Reading =>
  ({ value }) =>
    value === "" ? [] : [[path, value]];

const environment =
  (name: string): Reading =>
  ({ value }) =>
    value === "" ? [] : [[`env.${name}`, value]];

const optional =
  (path: string, read: (setting: Setting, report: Report) => unknown): Reading =>
  (setting, report) => {
    const value = setting.value === "" ? undefined : read(setting, report);
    return value === undefined ? [] : [[path, value]];
  };

/** Variables with a field. An empty value removes the inherited value. */
const readings: Readonly<Record<string, Reading>> = {
  CHECK_NAME: text("name"),
  PR_REPO: text("repository"),
  PR_BRANCH: text("branch"),
  PR_REPO_CHECKOUT: text("checkout"),
  PACKAGE: text("package"),
  ALIBUILD_DEFAULTS: text("defaults"),
  DEVEL_PKGS: optional("developmentPackages", developmentPackagesOf),
  TRUST_COLLABORATORS: (setting, report) => [["trust.collaborators", flagOf("TRUST_COLLABORATORS", setting, report)]],
  TRUSTED_USERS: (setting, report) => [["trust.users", namesOf(setting, report)]],
  TRUSTED_TEAM: text("trust.team"),
  DONT_USE_COMMENTS: (setting, report) => [["comments", !flagOf("DONT_USE_COMMENTS", setting, report)]],
  NO_ASSUME_CONSISTENT_EXTERNALS: (setting, report) => [
    ["sharedTree", !flagOf("NO_ASSUME_CONSISTENT_EXTERNALS", setting, report)],
  ],
  ONLY_RUN_WHEN_CHANGED: optional("onlyWhenChanged", pathsOf),
  INSTALL_ALIBUILD: optional("tool.alibuild", aliBuildVersionOf),
  // ali-bot passed no option for an empty value, so aliBuild chose its default.
  REMOTE_STORE: text("remoteStore"),
  JOBS: optional("jobs", (setting, report) => wholeNumberOf("JOBS", setting, report)),
  TIMEOUT: optional("timeouts.command", (setting, report) => secondsOf("TIMEOUT", setting, report)),
  LONG_TIMEOUT: optional("timeouts.build", (setting, report) => secondsOf("LONG_TIMEOUT", setting, report)),
  MAX_DIFF_SIZE: optional("maxGrowth", amountOf),
  SILENT: (setting, report) => (flagOf("SILENT", setting, report) ? [["silent", true]] : []),
  ...Object.fromEntries(
    [
      "ALIBUILD_O2_TESTS",
      "ALIBUILD_O2PHYSICS_TESTS",
      "ALIBUILD_XJALIENFS_TESTS",
      "ALIBUILD_O2_FORCE_GPU",
      "USE_RECC",
      "RECC_LOG_LEVEL",
      "USE_PERF",
    ].map((name) => [name, environment(name)]),
  ),
};

/** Values of ali-bot for variables that no file sets. */
const unset: readonly (readonly [string, unknown])[] = [
  ["trust.collaborators", false],
  ["trust.users", []],
  ["trust.approvals", "AnyCommit"],
  ["comments", true],
  ["sharedTree", true],
];

/** Returns the fields of the check in `file`, from its variables and the inherited ones. */
export function fieldsOf(file: string, settings: Settings, report: Report): Fields {
  const fields = new Map<string, Field>(unset.map(([path, value]) => [path, { value, file, line: 1 }]));
  for (const [name, read] of Object.entries(readings)) {
    const setting = settings.get(name);
    if (setting === undefined || setting.unknown !== undefined) continue;
    for (const [path, value] of read(setting, report))
      fields.set(path, { value, file: setting.file, line: setting.line });
  }
  return fields;
}

/**
 * Variables that tune a build. Without them a check builds the same sources, trusts nobody more, and publishes nothing
 * more. A check with any other unknown variable is left out.
 */
const tuning: readonly string[] = [
  ...["DONT_USE_COMMENTS", "JOBS", "LONG_TIMEOUT", "MAX_DIFF_SIZE", "NO_ASSUME_CONSISTENT_EXTERNALS"],
  ...["ONLY_RUN_WHEN_CHANGED", "RECC_LOG_LEVEL", "REMOTE_STORE", "TIMEOUT", "TRUSTED_TEAM", "TRUSTED_USERS"],
  ...["TRUST_COLLABORATORS", "USE_PERF", "USE_RECC"],
];

/** Reports the unknown variables of the check in `file`. Returns whether the check can do without them. */
export function canDoWithout(file: string, settings: Settings, report: Report): boolean {
  let isComplete = true;
  for (const [name, { unknown }] of settings) {
    if (unknown === undefined || !(hasField(name) || name === "CONTAINER_IMAGE")) continue;
    const reason = `${unknown.construct} is not supported: only plain assignments are read`;
    const isTuning = tuning.includes(name) || name === "CONTAINER_IMAGE";
    const fate = isTuning ? "is left out" : "is unknown, and every check that needs it is left out";
    report({ file: unknown.file, line: unknown.line, severity: "error", message: `${reason}; ${name} ${fate}` });
    if (isTuning) continue;
    isComplete = false;
    if (unknown.file === file) continue;
    const message = `${name} is unknown because of ${unknown.file}:${unknown.line}; the check is left out`;
    report({ file, line: 1, severity: "error", message });
  }
  return isComplete;
}

/** Whether a variable has a field of a check. */
export function hasField(variable: string): boolean {
  return Object.hasOwn(readings, variable);
}
