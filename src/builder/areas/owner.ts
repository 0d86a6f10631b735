import { stat } from "node:fs/promises";
import { run } from "../../system/process/run.ts";

export interface CellUser {
  readonly uid: number;
  readonly gid: number;
  /** Only the cells of one builder run as this user, so all its processes may be killed. */
  readonly isExclusive?: boolean;
}

/** Users of the two cells. Absent when a cell runs as the builder's user or shares its group. */
export interface CellOwners {
  readonly base?: CellUser | undefined;
  readonly build?: CellUser | undefined;
}

/**
 * Changes the owner of a whole tree that another user built: a new warm-up costs more. Changes links themselves, never
 * their targets.
 */
export async function changeOwner(folder: string, { uid, gid }: CellUser): Promise<void> {
  const before = await stat(folder);
  if (before.uid === uid && before.gid === gid) return;
  const args = ["-R", "-h", "-P", `${uid}:${gid}`, folder];
  const ended = await run({ command: "chown", args, cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (ended.exitCode !== 0) throw new Error(`${folder} cannot change its owner to user ${uid}: ${ended.tail.trim()}`);
}
