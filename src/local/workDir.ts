import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Sets the permissions of the work folder and of its folder `secrets/`, and creates `secrets/` if it is missing. */
export function prepareWorkDir(workDir: string): void {
  openToOthers(workDir);
  closeSecrets(join(workDir, "secrets"));
}

/** Builds run as another user. That user must pass through the work folder to its own folder, but cannot list it. */
function openToOthers(workDir: string): void {
  const { mode, uid } = statSync(workDir);
  if (uid === process.getuid?.()) chmodSync(workDir, mode | 0o711);
}

/** Credentials of the pools: no other user may read them, whatever permissions the person gave the folder. */
function closeSecrets(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  if (uid === process.getuid?.()) chmodSync(folder, mode & 0o700);
}
