import type { Setting, Settings } from "./evaluate.ts";
import type { Report } from "./finding.ts";
import {
  aliBuildVersionOf,
  amountOf,
  developmentPackagesOf,
  flagOf,
  namesOf,
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
  ONLY_RUN_WHEN_CHANGED: optional("onlyWhenChanged", ({ value }) => value.split(/\s+/).filter((path) => path !== "")),
  INSTALL_ALIBUILD: optional("tool.alibuild", aliBuildVersionOf),
  REMOTE_STORE: ({ value }) => [["remoteStore", value]],
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
  ["comments", true],
  ["sharedTree", true],
];

/** Returns the fields of the check in `file`, from its variables and the inherited ones. */
export function fieldsOf(file: string, settings: Settings, report: Report): Fields {
  const fields = new Map<string, Field>(unset.map(([path, value]) => [path, { value, file, line: 1 }]));
  for (const [name, read] of Object.entries(readings)) {
    const setting = settings.get(name);
    if (setting === undefined) continue;
    for (const [path, value] of read(setting, report))
      fields.set(path, { value, file: setting.file, line: setting.line });
  }
  return fields;
}

/** Whether a variable has a field of a check. */
export function hasField(variable: string): boolean {
  return Object.hasOwn(readings, variable);
}
