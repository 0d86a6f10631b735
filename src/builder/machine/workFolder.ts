import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathTroubleOf } from "../../core/machine/workPath.ts";

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
  const attempt = await mkdtemp(join(folder, ".doctor-"));
  try {
    await writeFile(join(attempt, "Name"), basename(attempt));
    return await stat(join(attempt, "nAME")).then(
      () => false,
      () => true,
    );
  } finally {
    await rm(attempt, { recursive: true });
  }
}
