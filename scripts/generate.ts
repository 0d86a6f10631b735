import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { generatedFiles } from "./generate/files.ts";

/**
 * Writes the generated files. With --check, writes nothing, prints the stale files and exits with 1 if there is one.
 */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const root = resolve(import.meta.dirname, "..");
const stale: string[] = [];

for (const [path, text] of generatedFiles()) {
  const file = resolve(root, path);
  if ((await readFile(file, "utf8").catch(() => undefined)) === text) continue;
  stale.push(path);
  if (values.check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

for (const path of stale) console.log(values.check ? `${path} is stale: run make generate` : `wrote ${path}`);
if (values.check && stale.length > 0) process.exitCode = 1;
