import type { DevelopmentPackage } from "../../../api/objects/check.ts";
import type { Setting } from "./evaluate.ts";
import type { Report } from "./finding.ts";

/** True for everything but the empty text, as the shell tests it. */
export function flagOf(name: string, { value, file, line }: Setting, report: Report): boolean {
  if (/^(false|no|off|0)$/i.test(value)) {
    const message = `${name}=${value} means true, as any text does in the shell; write ${name}= to switch it off`;
    report({ file, line, severity: "warning", message });
  }
  return value !== "";
}

/** Comma-separated logins. ali-bot kept the blanks, so that a login behind one was never trusted. */
export function namesOf({ value, file, line }: Setting, report: Report): string[] {
  const parts = value.split(",");
  const trimmed = parts.map((name) => name.trim());
  for (const [index, name] of trimmed.entries()) {
    if (name === parts[index] || name === "") continue;
    const message = `TRUSTED_USERS has a blank beside ${name}, so ali-bot did not trust that login; here it is trusted`;
    report({ file, line, severity: "warning", message });
  }
  return trimmed.filter((name) => name !== "");
}

/** Lines of `owner/repository [branch [directory]]`; blanks around them and empty lines do not count. */
export function developmentPackagesOf({ value }: Setting): DevelopmentPackage[] {
  const rows = value.split("\n").map((row) => row.split(/[ \t]+/).filter((word) => word !== ""));
  return rows.flatMap(([repository, branch, ...rest]) => {
    if (repository === undefined) return [];
    // The shell's `read` gives its last variable all that is left of the line.
    const directory = rest.join(" ");
    const isUsual = directory === "" || repository.endsWith(`/${directory}`);
    return [{ repository, ...(branch === undefined ? {} : { branch }), ...(isUsual ? {} : { directory }) }];
  });
}

/** A tagged aliBuild is a release on PyPI; everything else stays what it is, `owner/repository@ref`. */
export function aliBuildVersionOf({ value, file, line }: Setting, report: Report): string {
  const release = /^alisw\/alibuild@v([0-9][0-9A-Za-z.]*)$/i.exec(value)?.[1];
  if (release === undefined) return value;
  const message = `INSTALL_ALIBUILD=${value} becomes release ${release} of PyPI, installed once per builder`;
  report({ file, line, severity: "note", message });
  return release;
}

export function wholeNumberOf(name: string, { value, file, line }: Setting, report: Report): number | undefined {
  if (/^[1-9][0-9]{0,8}$/.test(value)) return Number(value);
  const message = `${name}=${value} is left out: expected a whole number above 0`;
  report({ file, line, severity: "error", message });
  return undefined;
}

/** `2h`, `10m`, `90s`: the largest unit that says it without a remainder. */
export function secondsOf(name: string, setting: Setting, report: Report): string | undefined {
  const count = wholeNumberOf(name, setting, report);
  if (count === undefined) return undefined;
  if (count % 3600 === 0) return `${count / 3600}h`;
  // A few minutes are known by their seconds: 120s, 600s.
  return count > 600 && count % 60 === 0 ? `${count / 60}m` : `${count}s`;
}

/** Written as bytes once, compared as MiB since 2020. What can only be bytes is taken as bytes, which makes the limit work again. */
export function amountOf(setting: Setting, report: Report): string | undefined {
  const count = wholeNumberOf("MAX_DIFF_SIZE", setting, report);
  if (count === undefined) return undefined;
  const size = count < 1_000_000 ? `${count}Mi` : count % 1_000_000 === 0 ? `${count / 1_000_000}M` : String(count);
  const meant =
    count < 1_000_000
      ? "MiB, as ali-bot compared it"
      : "bytes, as it was meant; ali-bot compared it as MiB, so it limited nothing";
  const { file, line, value } = setting;
  report({ file, line, severity: "note", message: `MAX_DIFF_SIZE=${value} becomes maxGrowth ${size}: ${meant}` });
  return size;
}
