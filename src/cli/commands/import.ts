import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { stringify } from "yaml";
import { importTree } from "../../core/definitions/import.ts";

export interface Output {
  readonly stdout: (text: string) => unknown;
  readonly stderr: (text: string) => unknown;
}

/**
 * `builderpool import`: converts ali-bot's tree of `*.env` files. Writes BuilderPools as YAML documents to standard
 * output, and findings as `file:line: severity: message` to standard error. Returns the exit code: 0, or 1 when the
 * tree has no check.
 */
export async function importCommand(directory: string, { stdout, stderr }: Output): Promise<number> {
  const files = await readTree(directory).catch((error: unknown) => {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    stderr(`${directory}: cannot be read (${reason}); name the folder with DEFAULTS.env and the role folders\n`);
    return undefined;
  });
  if (files === undefined) return 1;
  const { pools, findings } = importTree(files);
  for (const { file, line, severity, message } of findings) {
    stderr(`${join(directory, file)}:${line}: ${severity}: ${message}\n`);
  }
  if (pools.length === 0) {
    stderr(`${directory}: nothing to import; expected checks as <role>/<container>/<check>.env\n`);
    return 1;
  }
  stdout(pools.map((pool) => stringify(pool, { lineWidth: 0 })).join("---\n"));
  return 0;
}

async function readTree(directory: string): Promise<{ readonly path: string; readonly text: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => /^[^.].*\.env$/.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    paths.map(async (path) => ({
      path: relative(directory, path).split(sep).join("/"),
      text: await readFile(path, "utf8"),
    })),
  );
}
