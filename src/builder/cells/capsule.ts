import { chmod, constants, copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Execute without read. Linux then lets no other process of the same user trace or inspect the process. */
const runOnly = 0o711;
/** The programs that live longer than an order. */
const lasting = new Set(["loader", "tini"]);

/**
 * Copies files into the capsule. The image build wrote the list: a file and its path in the capsule on each line. The
 * cell's user can run the loader and the init process but not read them. So a build, which runs as that user, cannot
 * tamper with the listening process or with the verdict, and leaves no code in the init process.
 */
export async function fillCapsule(capsule: string, list: string): Promise<void> {
  for (const line of (await readFile(list, "utf8")).split("\n")) {
    const [from, to] = line.split(" ");
    if (from === undefined || to === undefined) continue;
    const target = join(capsule, to);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await copyFile(from, target, constants.COPYFILE_FICLONE);
    if (lasting.has(to)) await chmod(target, runOnly);
  }
}

/**
 * Folders of the data volume that cells mount. Their group may write. The setgid bit gives new files the same group.
 */
const mounted = ["area", "home", "tmp", "tools", "base", "base-own", "mirror"];
const forGroup = 0o2770;

/**
 * Creates the folders that the cells of a pod mount, before the kubelet creates them as root. The builder then owns the
 * folders, and can move work areas between them.
 */
export async function prepareVolume(data: string): Promise<void> {
  for (const name of mounted) {
    const folder = join(data, name);
    const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
    if (isNew) await chmod(folder, forGroup);
  }
}
