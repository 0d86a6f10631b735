import { parse } from "yaml";
import { z } from "zod";

/** The files of the repository that state its version, by path. */
export const versionFiles = [
  "package.json",
  "package-lock.json",
  "src/system/version.ts",
  "deploy/helm/builderpool/Chart.yaml",
  "CHANGELOG.md",
] as const;

export type VersionFiles = Readonly<Record<(typeof versionFiles)[number], string>>;

const Package = z.object({ version: z.string() });
const Lock = z.object({ version: z.string(), packages: z.object({ "": Package }) });
const Chart = z.object({ version: z.string(), appVersion: z.string() });

/** The version that a tag `vX.Y.Z` names; undefined for any other text. */
export function versionOf(tag: string): string | undefined {
  return /^v(?<version>(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2})$/.exec(tag)?.groups?.["version"];
}

/** Returns one sentence for each place that disagrees with the tag. Empty when the tag can be released. */
export function disagreements(tag: string, files: VersionFiles): readonly string[] {
  const version = versionOf(tag);
  if (version === undefined) return [`the tag is "${tag}", expected vX.Y.Z such as v0.1.0`];
  const wrong = Object.entries(statedVersions(files)).filter(([, stated]) => stated !== version);
  return [
    ...wrong.map(([place, stated]) => `${place} is ${stated ?? "missing"}, expected ${version}`),
    ...changelogProblem(files["CHANGELOG.md"], version),
  ];
}

/**
 * The entries of one version in a changelog of the form of Keep a Changelog, without the heading. Undefined when the
 * changelog has no dated section of the version.
 */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}] - `));
  if (section === undefined || !/^\S+ - [0-9]{4}-[0-9]{2}-[0-9]{2}\n/.test(section)) return undefined;
  return section
    .slice(section.indexOf("\n"))
    .replace(/^\[[^\]]+\]: .*$/gm, "")
    .trim();
}

function statedVersions(files: VersionFiles): Readonly<Record<string, string | undefined>> {
  const lock = Lock.parse(JSON.parse(files["package-lock.json"]));
  const chart = Chart.parse(parse(files["deploy/helm/builderpool/Chart.yaml"]));
  return {
    "version in package.json": Package.parse(JSON.parse(files["package.json"])).version,
    "version in package-lock.json": lock.version,
    'packages[""].version in package-lock.json': lock.packages[""].version,
    "version in src/system/version.ts": /\bversion = "([^"]+)"/.exec(files["src/system/version.ts"])?.[1],
    "version in Chart.yaml": chart.version,
    "appVersion in Chart.yaml": chart.appVersion,
  };
}

function changelogProblem(changelog: string, version: string): readonly string[] {
  const notes = releaseNotes(changelog, version);
  if (notes === undefined) return [`CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD"`];
  return notes === "" ? [`CHANGELOG.md has no entry under ${version}`] : [];
}
