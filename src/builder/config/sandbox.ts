import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import { run } from "../../system/process/run.ts";

/**
 * Paths of one builder. `config`, `state` and `forceHashes` belong to the builder. All other folders belong to the
 * cell. On one machine they share a root. In a pod the cell's folders have their own root, and the cell sees nothing
 * else of the volume.
 */
export interface Sandbox {
  readonly root: string;
  readonly config: string;
  readonly state: string;
  readonly pendingLogs: string;
  readonly forceHashes: string;
  readonly areas: string;
  readonly tools: string;
  readonly home: string;
  readonly tmp: string;
  /** Work area of one check. The cell creates it. */
  area(check: string): string;
}

export interface CellUser {
  readonly uid: number;
  readonly gid: number;
  /** Only the cells of one builder run as this user, so all its processes may be killed. */
  readonly isExclusive?: boolean;
}

export function sandboxOf(root: string, work = root): Sandbox {
  const areas = join(work, "area");
  const state = join(root, "state");
  return {
    root,
    config: join(root, "config"),
    state,
    pendingLogs: join(state, "pending-logs"),
    forceHashes: join(root, "force-hashes"),
    areas,
    tools: join(work, "tools"),
    home: join(work, "home"),
    tmp: join(work, "tmp"),
    area: (check) => join(areas, checkDirectoryOf(check)),
  };
}

/**
 * Creates the folders. On one machine the cell's folders change owner to the cell's user. Their parent belongs to the
 * builder: foreign code cannot replace a folder by a link, and cannot reach `config/` or `state/`. In a pod both users
 * share a group. The umask and the volume's setgid bit allow the group to write, and only the cell enters these
 * folders.
 */
export async function createFolders(sandbox: Sandbox, cellUser: CellUser | undefined): Promise<void> {
  for (const folder of [sandbox.config, sandbox.pendingLogs]) await mkdir(folder, { recursive: true });
  await chmod(sandbox.state, 0o700);
  for (const folder of [sandbox.areas, sandbox.tools, sandbox.home, sandbox.tmp]) {
    await mkdir(folder, { recursive: true });
    if (cellUser !== undefined) await changeOwner(folder, cellUser);
  }
  if (cellUser !== undefined) await chmod(sandbox.root, 0o755);
}

/**
 * Changes the owner of a whole tree that another user built: a new warm-up costs more. Changes links themselves, never
 * their targets.
 */
async function changeOwner(folder: string, { uid, gid }: CellUser): Promise<void> {
  const before = await stat(folder);
  if (before.uid === uid && before.gid === gid) return;
  const args = ["-R", "-h", "-P", `${uid}:${gid}`, folder];
  const ended = await run({ command: "chown", args, cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (ended.exitCode !== 0) throw new Error(`${folder} cannot change its owner to user ${uid}: ${ended.tail.trim()}`);
}
