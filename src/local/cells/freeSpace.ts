import { lstatSync, readdirSync, renameSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellUser } from "../../builder/areas/owner.ts";
import { strangeFolder } from "../../builder/areas/plan.ts";
import { type Sandbox, sandboxOf } from "../../builder/config/sandbox.ts";
import type { BuilderUsers } from "../../builder/machine/builderUsers.ts";
import { run } from "../../system/process/run.ts";

/** Inputs of `freeSpace`. */
export interface FreeSpaceOptions {
  readonly workDir: string;
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the cell program. */
  readonly cellProgram: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Absent when cells run as the user of this process. */
  readonly usersOf: ((builder: string) => BuilderUsers) | undefined;
  /** Whether the disk needs more space. */
  isShort(): boolean;
}

/** Milliseconds for one step. */
const limitMs = 60_000;

/**
 * Deletes files of earlier builds while the disk is short. HOME and TMPDIR go first, then unknown names, then the work
 * areas of the orders that ran, then all other work areas of pull requests. Base branches stay. Call it with the folder
 * locked, and before any cell starts: no process of a build may run. Resolves with one sentence for people for each step
 * that ran.
 */
export async function freeSpace(options: FreeSpaceOptions): Promise<readonly string[]> {
  const builders = join(options.workDir, "builders");
  const sandboxes = namesIn(builders)
    .filter((builder) => isFolder(join(builders, builder)))
    .map((builder) => ({ sandbox: sandboxOf(join(builders, builder)), users: options.usersOf?.(builder) }));
  const done: string[] = [];
  for (const { doing, remove } of steps) {
    if (!options.isShort()) break;
    for (const { sandbox, users } of sandboxes) await remove(options, sandbox, users);
    done.push(`the disk of ${options.workDir} is almost full: deleted ${doing}`);
  }
  return done;
}

interface Step {
  readonly doing: string;
  remove(options: FreeSpaceOptions, sandbox: Sandbox, users: BuilderUsers | undefined): Promise<void>;
}

const steps: readonly Step[] = [
  {
    doing: "HOME and temporary files of all builders",
    async remove(options, { home, tmp, baseOwn }, users) {
      await sweep(options, users?.build, [home, tmp]);
      await sweep(options, users?.base, [baseOwn.home, baseOwn.tmp]);
    },
  },
  {
    doing: "folders with unknown names",
    async remove(options, sandbox, users) {
      await bringBack(sandbox, strangeFolder);
      await sweepAreas(options, sandbox, users, (folder) => folder === strangeFolder);
    },
  },
  {
    doing: "work areas of builds that were stopped",
    remove: (options, sandbox, users) => sweepAreas(options, sandbox, users, () => true),
  },
  {
    doing: "all work areas of pull requests",
    async remove(options, sandbox, users) {
      for (const folder of namesIn(sandbox.parked)) await bringBack(sandbox, folder);
      await sweepAreas(options, sandbox, users, () => true);
    },
  },
];

/** Moves parked work areas to the place where their owner can enter them. */
async function bringBack({ areas, parked }: Sandbox, folder: string): Promise<void> {
  await mkdir(join(areas, folder), { recursive: true, mode: 0o755 }).catch(() => {});
  for (const name of namesIn(join(parked, folder))) {
    try {
      renameSync(join(parked, folder, name), join(areas, folder, name));
    } catch {
      // It stays parked, and the builder deletes it later.
    }
  }
}

async function sweepAreas(
  options: FreeSpaceOptions,
  { areas }: Sandbox,
  users: BuilderUsers | undefined,
  isWanted: (folder: string) => boolean,
): Promise<void> {
  const folders = namesIn(areas).filter(isWanted);
  const found = folders.flatMap((folder) => namesIn(join(areas, folder)).map((name) => join(areas, folder, name)));
  await sweep(options, users?.build, found);
  for (const path of found) await rmdir(path).catch(() => {}); // not empty
}

/** Empties folders as their owner. */
async function sweep(
  { node, cellProgram, environment }: FreeSpaceOptions,
  user: CellUser | undefined,
  folders: readonly string[],
): Promise<void> {
  const real = folders.filter(isFolder);
  if (real.length === 0) return;
  const { uid, gid } = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const sweeper = join(dirname(cellProgram), "sweep.ts");
  await run({
    command: node,
    args: [sweeper, `${uid}:${gid}`, ...real],
    cwd: "/",
    env: environment,
    timeoutMs: limitMs,
  });
}

/** False for a link. Without root, a build can plant one in place of each folder. */
function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The names in a folder; none for a link or a closed folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return isFolder(folder) ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}
