import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { isRunning } from "../local/lock.ts";
import { openEmbeddedStore } from "../store/embedded.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import { systemClock } from "../system/clock.ts";
import { createLog } from "../system/log.ts";
import { CommandError, exitCodes } from "./exit.ts";

/** The work folder: the one named, else where the system keeps a program's state. */
export function workDir(named: string | undefined, env: NodeJS.ProcessEnv, isRoot: boolean): string {
  const chosen = named ?? env["BUILDERPOOL_WORK_DIR"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  if (isRoot) return "/var/lib/builderpool";
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "builderpool");
}

/** Runs `use` on the store of a work folder; `mustRun` refuses one in which no `builderpool up` runs. */
export async function withStore<T>(
  folder: string,
  mustRun: boolean,
  use: (store: ObjectStore, running: boolean) => Promise<T>,
): Promise<T> {
  const file = join(folder, "store.db");
  const running = await isRunning(folder);
  if (!existsSync(file) || (mustRun && !running)) {
    throw new CommandError(
      exitCodes.notRunning,
      `no \`builderpool up\` runs in ${folder}; start one, or name its folder with --work-dir`,
    );
  }
  const store = openEmbeddedStore({ file, clock: systemClock, log: createLog({ level: "silent" }) });
  try {
    return await use(store, running);
  } finally {
    store.close();
  }
}
