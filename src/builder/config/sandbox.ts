import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import { run } from "../../system/process/run.ts";

/**
 * Where everything of one builder lies. `config`, `state` and `forceHashes` are the builder's, the rest is the cell's: beside them on one
 * machine, in a folder of its own in a pod, where the cell sees nothing else of the volume.
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
  /** Work area of one check; the cell makes it. */
  area(check: string): string;
}

export interface CellUser {
  readonly uid: number;
  readonly gid: number;
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
 * Creates the folders and gives the cell's to its user: on one machine. They lie in a folder that is not its own, so that foreign code can
 * put no link in the place of one, and reaches neither `config/` nor `state/`. In a pod both users share a group, which the umask and the
 * volume's setgid bit let write; there nothing but the cell ever enters these folders.
 */
export async function createFolders(sandbox: Sandbox, cellUser: CellUser | undefined): Promise<void> {
  for (const folder of [sandbox.config, sandbox.pendingLogs]) await mkdir(folder, { recursive: true });
  await chmod(sandbox.state, 0o700);
  for (const folder of [sandbox.areas, sandbox.tools, sandbox.home, sandbox.tmp]) {
    await mkdir(folder, { recursive: true });
    if (cellUser !== undefined) await give(folder, cellUser);
  }
  if (cellUser !== undefined) await chmod(sandbox.root, 0o755);
}

/** Trees that another user built are handed over whole: a warm-up costs more than that. Links are changed, never followed. */
async function give(folder: string, { uid, gid }: CellUser): Promise<void> {
  const before = await stat(folder);
  if (before.uid === uid && before.gid === gid) return;
  const args = ["-R", "-h", "-P", `${uid}:${gid}`, folder];
  const ended = await run({ command: "chown", args, cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (ended.exitCode !== 0) throw new Error(`${folder} could not be given to user ${uid}: ${ended.tail.trim()}`);
}
