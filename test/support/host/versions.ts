import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { agentBundle, bundleAgent } from "../../../scripts/build/agent.ts";

const repository = resolve(import.meta.dirname, "../../..");

/** A replacement in the text of a bundle, which must match exactly once. */
export type Edit = readonly [from: RegExp, to: string];

/** The edit that gives a bundle another version. */
export const versionEdit = (version: string): Edit => [/^(\tversion(?:\$\d+)? = )"0\.1\.0";$/gm, `$1"${version}";`];

/** Bundles the agent into the folder. Returns a function that writes a changed bundle, and returns its path. */
export async function bundlesIn(folder: string): Promise<(name: string, edits: readonly Edit[]) => string> {
  await bundleAgent(repository, folder);
  const text = readFileSync(join(folder, agentBundle), "utf8");
  return (name, edits) => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, edits.reduce(edited, text), { mode: 0o755 });
    return path;
  };
}

function edited(text: string, [from, to]: Edit): string {
  const count = text.match(from)?.length ?? 0;
  if (count !== 1) throw new Error(`${from} matches ${count} times in the bundle, expected once`);
  return text.replace(from, to);
}
