import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "../github/git/commit.ts";

/** Recipes of a small alidist: `hello` needs `hellolib`; nothing in it is fetched from the network. */
export function recipes(): Files {
  return tree(join(import.meta.dirname, "recipes"));
}

/** Sources of the package `hello`: two C++ files and two tests, built in a second, with or without a compiler. */
export function helloSources(): Files {
  return tree(join(import.meta.dirname, "hello"));
}

function tree(root: string): Files {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, "utf8")]));
}
