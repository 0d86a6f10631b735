import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { disagreements, releaseNotes, type VersionFiles, versionOf } from "../../../scripts/release/agreement.ts";

const root = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);

const changelog = `# Changelog

## [Unreleased]

### Changed

- The next thing.

## [1.2.0] - 2026-11-28

### Added

- A thing.

## [1.1.0] - 2026-11-01

- Older.

[1.1.0]: https://example.org/1.1.0
`;

function files(changes: Partial<VersionFiles> = {}): VersionFiles {
  return {
    "package.json": '{ "version": "1.2.0" }',
    "package-lock.json": '{ "version": "1.2.0", "packages": { "": { "version": "1.2.0" } } }',
    "src/system/version.ts": 'export const version = "1.2.0";\n',
    "deploy/helm/builderpool/Chart.yaml": "version: 1.2.0\nappVersion: 1.2.0\n",
    "CHANGELOG.md": changelog,
    ...changes,
  };
}

describe("a release tag", () => {
  it.each([
    ["v1.2.0", "1.2.0"],
    ["v10.0.31", "10.0.31"],
    ["1.2.0", undefined],
    ["v1.2", undefined],
    ["v1.2.0-rc.1", undefined],
    ["v01.2.0", undefined],
    ["v1.2.0\n", undefined],
  ])("%j names version %s", (tag, version) => {
    expect(versionOf(tag)).toBe(version);
  });

  it("agrees with files of the same version", () => {
    expect(disagreements("v1.2.0", files())).toEqual([]);
  });

  it("is refused when it has another form", () => {
    expect(disagreements("latest", files())).toEqual(['the tag is "latest", expected vX.Y.Z such as v0.1.0']);
  });

  it("names every place of another version", () => {
    expect(disagreements("v1.1.0", files())).toEqual([
      "version in package.json is 1.2.0, expected 1.1.0",
      "version in package-lock.json is 1.2.0, expected 1.1.0",
      'packages[""].version in package-lock.json is 1.2.0, expected 1.1.0',
      "version in src/system/version.ts is 1.2.0, expected 1.1.0",
      "version in Chart.yaml is 1.2.0, expected 1.1.0",
      "appVersion in Chart.yaml is 1.2.0, expected 1.1.0",
    ]);
  });

  it("names one stale place", () => {
    const chart = { "deploy/helm/builderpool/Chart.yaml": "version: 1.2.0\nappVersion: 1.1.0\n" };
    expect(disagreements("v1.2.0", files(chart))).toEqual(["appVersion in Chart.yaml is 1.1.0, expected 1.2.0"]);
  });

  it("reports a version module without a version", () => {
    expect(disagreements("v1.2.0", files({ "src/system/version.ts": "" }))).toEqual([
      "version in src/system/version.ts is missing, expected 1.2.0",
    ]);
  });

  it.each([
    ["no section", changelog.replace("[1.2.0]", "[1.3.0]"), 'no heading "## [1.2.0] - YYYY-MM-DD"'],
    ["no date", changelog.replace("2026-11-28", "soon"), 'no heading "## [1.2.0] - YYYY-MM-DD"'],
    ["no entry", changelog.replace("### Added\n\n- A thing.\n", ""), "no entry under 1.2.0"],
  ])("needs a changelog section: %s", (_, text, problem) => {
    expect(disagreements("v1.2.0", files({ "CHANGELOG.md": text }))).toEqual([`CHANGELOG.md has ${problem}`]);
  });
});

describe("release notes", () => {
  it("are the entries of one version", () => {
    expect(releaseNotes(changelog, "1.2.0")).toBe("### Added\n\n- A thing.");
  });

  it("leave out link definitions", () => {
    expect(releaseNotes(changelog, "1.1.0")).toBe("- Older.");
  });

  it("do not exist for an unknown version", () => {
    expect(releaseNotes(changelog, "1.2")).toBeUndefined();
  });
});

describe("scripts/release-check.ts", () => {
  const check = (...args: string[]) =>
    run(process.execPath, [join(root, "scripts/release-check.ts"), ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

  it("prints the notes of the version in this repository", async () => {
    const { code, stdout, stderr } = await check(`v${version}`);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim()).toBe(releaseNotes(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version));
  });

  it("exits 1 and prints no notes for another version", async () => {
    const { code, stdout, stderr } = await check("v999.0.0");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`release-check: version in package.json is ${version}, expected 999.0.0\n`);
  });

  it("exits 64 without a tag", async () => {
    expect((await check()).code).toBe(64);
  });
});
