import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CellUser } from "../areas/owner.ts";

/** HOME of git in the folder of the mirrors. No repository has an owner with a leading dot. */
export function gitHomeOf(mirrors: string): string {
  return join(mirrors, ".home");
}

/** Creates HOME of git. Everything else in the folder of the mirrors, except the mirrors, belongs to this process. */
export function createGitHome(mirrors: string, user: CellUser | undefined): string {
  const home = gitHomeOf(mirrors);
  mkdirSync(home, { recursive: true });
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  return home;
}
