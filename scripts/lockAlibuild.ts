import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

/*
 * Writes the hashes of aliBuild releases and of all packages that they need: `node scripts/lockAlibuild.ts 1.17.44 …`.
 * Needs the program `uv`. Every release gets the same versions of the other packages, for all Pythons from 3.9 on.
 */

const file = resolve(import.meta.dirname, "../src/cell/tool/requirements.json");
const flags = ["--universal", "--fork-strategy=fewest", "--python-version=3.9", "--generate-hashes"];

/** Requirements with their hashes, such as `six==1.17.0` with two. */
function lockOf(release: string): ReadonlyMap<string, readonly string[]> {
  const args = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", ...flags, "-"];
  const text = execFileSync("uv", args, { input: `alibuild==${release}\n`, encoding: "utf8" });
  const parts = text.split(/\n(?=\S)/).filter((part) => part.trim() !== "");
  return new Map(
    parts.map((part) => [
      /^[^\\]*[^\\\s]/.exec(part)?.[0] ?? "",
      [...part.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, hash = ""]) => hash),
    ]),
  );
}

const releases: Record<string, readonly string[]> = {};
const packages: Record<string, readonly string[]> = {};
for (const release of process.argv.slice(2))
  for (const [requirement, hashes] of lockOf(release)) {
    if (requirement === `alibuild==${release}`) releases[release] = hashes;
    else packages[requirement] = hashes;
  }
writeFileSync(file, `${JSON.stringify({ releases, packages }, undefined, 2)}\n`);
