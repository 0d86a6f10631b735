import { chmod, constants, copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Whoever may run a file but not read it gets a process into which others of the same user cannot look, and which they cannot trace. */
const runOnly = 0o711;

/**
 * Fills the capsule from a list that the build of the image wrote: on each line a file and, after a space, its path in the capsule. The
 * loader can be run and not read by the cell's user, so a build, which is of that user, cannot tamper with the process that listens, nor
 * with the one that gives the verdict.
 */
export async function fillCapsule(capsule: string, list: string): Promise<void> {
  for (const line of (await readFile(list, "utf8")).split("\n")) {
    const [from, to] = line.split(" ");
    if (from === undefined || to === undefined) continue;
    const target = join(capsule, to);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await copyFile(from, target, constants.COPYFILE_FICLONE);
    if (to === "loader") await chmod(target, runOnly);
  }
}
