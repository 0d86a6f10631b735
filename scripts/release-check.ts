import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { disagreements, releaseNotes, type VersionFiles, versionFiles, versionOf } from "./release/agreement.ts";

/**
 * `release-check.ts vX.Y.Z` prints the release notes of the version when every file agrees with the tag. Otherwise it
 * prints one line for each file that disagrees and exits 1. Exits 64 without a tag.
 */
const root = resolve(import.meta.dirname, "..");
const [tag] = process.argv.slice(2);

if (tag === undefined) {
  console.error("release-check: expected a tag, such as: make release-check TAG=v0.1.0");
  process.exitCode = 64;
} else {
  const files = Object.fromEntries(
    versionFiles.map((path) => [path, readFileSync(resolve(root, path), "utf8")]),
  ) as VersionFiles;
  const problems = disagreements(tag, files);
  for (const problem of problems) console.error(`release-check: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(releaseNotes(files["CHANGELOG.md"], versionOf(tag) ?? ""));
}
