import { readFile, writeFile } from "node:fs/promises";

const explanation = `# Commits to build, and nothing else, while there is a line that is not a comment:
# TYPE (PR|branch) SHA ENV, such as
# untested 1234 0123456789abcdef0123456789abcdef01234567 o2
# Only SHA is looked at: at least seven of its digits. The pull request must be waiting to be built.
`;

/** Creates the file with its explanation, unless the file exists. */
export async function createForceHashes(path: string): Promise<void> {
  await writeFile(path, explanation, { flag: "wx" }).catch(() => {});
}

/** The commits, or prefixes of commits, that this builder may build. Undefined without a restriction. */
export async function readForceHashes(path: string): Promise<readonly string[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return parseForceHashes(text);
}

/**
 * Parses the file. A line without a valid commit matches no build, but still restricts the builder, as on the old
 * builders.
 */
export function parseForceHashes(text: string): readonly string[] | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  const works = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (works.length === 0) return undefined;
  return works.flatMap((line) => {
    const commit = line.split(/\s+/)[2] ?? "";
    return /^[0-9a-f]{7,64}$/i.test(commit) ? [commit.toLowerCase()] : [];
  });
}
