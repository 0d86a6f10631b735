import { existsSync, realpathSync } from "node:fs";
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathTroubleOf } from "../../core/machine/workPath.ts";
import { run } from "../../system/process/run.ts";

/** Returns why no build can work in the folder, because of its path or of the path that a link leads to. */
export function workPathTroubleOf(workDir: string): string | undefined {
  const nearest = nearestFolderOf(workDir);
  const real = join(realpathSync(nearest), relative(nearest, resolve(workDir)));
  return pathTroubleOf(resolve(workDir)) ?? pathTroubleOf(real);
}

/** Returns the folder itself, or its nearest existing parent. */
export function nearestFolderOf(path: string): string {
  return existsSync(path) ? resolve(path) : nearestFolderOf(dirname(resolve(path)));
}

/** Writes a file and looks it up in another case. Throws if the folder is not writable. */
export async function isCaseSensitive(folder: string): Promise<boolean> {
  return await withTrialFolder(folder, async (attempt) => {
    await writeFile(join(attempt, "Name"), basename(attempt));
    return await stat(join(attempt, "nAME")).then(
      () => false,
      () => true,
    );
  });
}

/**
 * Writes a file for this process alone, and reports whether the user cannot read it. macOS can mount a volume without
 * owners: each user then owns every file. Throws if the folder is not writable.
 */
export async function keepsOwners(
  folder: string,
  user: { readonly uid: number; readonly gid: number },
): Promise<boolean> {
  return await withTrialFolder(folder, async (attempt) => {
    await chmod(attempt, 0o755);
    const file = join(attempt, "own");
    await writeFile(file, "", { mode: 0o600 });
    const { exitCode } = await run({ command: "/bin/cat", args: [file], cwd: "/", env: {}, user, timeoutMs: 10_000 });
    return exitCode !== 0;
  });
}

async function withTrialFolder<T>(folder: string, act: (attempt: string) => Promise<T>): Promise<T> {
  const attempt = await mkdtemp(join(folder, ".doctor-"));
  try {
    return await act(attempt);
  } finally {
    await rm(attempt, { recursive: true });
  }
}
