import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The absolute path of the work folder: the given folder, or the default state folder of the system. */
export function workDirOf(named: string | undefined, env: NodeJS.ProcessEnv, isRoot: boolean): string {
  const chosen = named ?? env["BUILDERPOOL_WORK_DIR"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  if (isRoot) return "/var/lib/builderpool";
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "builderpool");
}
