import { statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Reports whether the user may enter each folder above the path. The user has no groups, so the mode bits for others
 * count.
 */
export function isReachable(path: string, user: { readonly uid: number }): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    if ((uid === user.uid ? mode & 0o100 : mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
