import type { DevelopmentPackage } from "../../../api/objects/check.ts";
import { PathSpec } from "../../../api/values/pathSpec.ts";
import type { Setting } from "./evaluate.ts";
import type { Report } from "./finding.ts";

/** Returns true for any text except the empty text, as in the shell. */
export function flagOf(name: string, { value, file, line }: Setting, report: Report): boolean {
  if (/^(false|no|off|0)$/i.test(value)) {
    const message = `${name}=${value} means true, like any text in the shell; write ${name}= to switch it off`;
    report({ file, line, severity: "warning", message });
  }
  return value !== "";
}

/** Returns comma-separated logins. ali-bot kept blanks, so it never trusted a login after a blank. */
export function namesOf({ value, file, line }: Setting, report: Report): string[] {
  const parts = value.split(",");
  const trimmed = parts.map((name) => name.trim());
  for (const [index, name] of trimmed.entries()) {
    if (name === parts[index] || name === "") continue;
    const message = `TRUSTED_USERS has a blank beside ${name}, so ali-bot did not trust this login; builderpool trusts it`;
    report({ file, line, severity: "warning", message });
  }
  return trimmed.filter((name) => name !== "");
}

/** Parses lines of `owner/repository [branch [directory]]`. Ignores surrounding blanks and empty lines. */
export function developmentPackagesOf({ value }: Setting): DevelopmentPackage[] {
  const rows = value.split("\n").map((row) => row.split(/[ \t]+/).filter((word) => word !== ""));
  return rows.flatMap(([repository, branch, ...rest]) => {
    if (repository === undefined) return [];
    // The shell's `read` assigns the rest of the line to its last variable.
    const directory = rest.join(" ");
    const isUsual = directory === "" || repository.endsWith(`/${directory}`);
    return [{ repository, ...(branch === undefined ? {} : { branch }), ...(isUsual ? {} : { directory }) }];
  });
}

/** Returns the PyPI release for a tag of aliBuild. Returns any other `owner/repository@ref` unchanged. */
export function aliBuildVersionOf({ value, file, line }: Setting, report: Report): string {
  const release = /^alisw\/alibuild@v([0-9][0-9A-Za-z.]*)$/i.exec(value)?.[1];
  if (release === undefined) return value;
  const message = `INSTALL_ALIBUILD=${value} becomes release ${release} on PyPI, which each builder installs once`;
  report({ file, line, severity: "note", message });
  return release;
}

/**
 * Returns blank-separated paths. Git refused a path with a leading slash, so ali-bot never skipped a pull request. A
 * path that git cannot use is an error, and the list is left out.
 */
export function pathsOf({ value, file, line }: Setting, report: Report): string[] | undefined {
  const paths = value.split(/\s+/).filter((path) => path !== "");
  const relative = paths.map((path) => path.replace(/^\/+(?=.)/, ""));
  const bad = relative.find((path) => !PathSpec.safeParse(path).success);
  if (bad !== undefined) {
    const message = `ONLY_RUN_WHEN_CHANGED is left out: expected paths from the top of the repository, such as DATA/, found ${bad}`;
    report({ file, line, severity: "error", message });
    return undefined;
  }
  for (const [index, path] of paths.entries()) {
    if (path === relative[index]) continue;
    const message = `ONLY_RUN_WHEN_CHANGED has ${path}, which git refuses; it becomes ${relative[index]}`;
    report({ file, line, severity: "warning", message });
  }
  return relative;
}

/** Returns a whole number above 0. Reports any other value as an error and returns undefined. */
export function wholeNumberOf(name: string, { value, file, line }: Setting, report: Report): number | undefined {
  if (/^[1-9][0-9]{0,8}$/.test(value)) return Number(value);
  const message = `${name}=${value} is left out: expected a whole number above 0`;
  report({ file, line, severity: "error", message });
  return undefined;
}

/** Converts seconds to a duration in the largest exact unit: `2h`, `90m`, `90s`. */
export function secondsOf(name: string, setting: Setting, report: Report): string | undefined {
  const count = wholeNumberOf(name, setting, report);
  if (count === undefined) return undefined;
  if (count % 3600 === 0) return `${count / 3600}h`;
  // Short times stay in seconds, as people know them: 120s, 600s.
  return count > 600 && count % 60 === 0 ? `${count / 60}m` : `${count}s`;
}

/**
 * Converts MAX_DIFF_SIZE to a quantity. The files give bytes, but ali-bot has compared the number as MiB since 2020. A
 * number of 1,000,000 or more can only be bytes and is read as bytes, so the limit works again.
 */
export function amountOf(setting: Setting, report: Report): string | undefined {
  const count = wholeNumberOf("MAX_DIFF_SIZE", setting, report);
  if (count === undefined) return undefined;
  const size = count < 1_000_000 ? `${count}Mi` : count % 1_000_000 === 0 ? `${count / 1_000_000}M` : String(count);
  const unit =
    count < 1_000_000
      ? "MiB, as ali-bot compared it"
      : "bytes, as intended; ali-bot compared it as MiB, so it had no effect";
  const { file, line, value } = setting;
  report({ file, line, severity: "note", message: `MAX_DIFF_SIZE=${value} becomes maxGrowth ${size}: ${unit}` });
  return size;
}
