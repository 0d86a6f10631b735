import { lstatSync } from "node:fs";
import { messageOf } from "../system/messageOf.ts";
import { emptyFolder } from "./disk/remove.ts";
import { type RemovedOwned, removeOwned } from "./disk/removeOwned.ts";
import { becomeUser } from "./user.ts";

/*
 * The sweeper of one machine: `node sweep.ts UID:GID FOLDER...`. It becomes the user, and deletes all entries of the
 * folders that belong to the user. A folder of the user itself is emptied. It runs where an order has no /tmp of its
 * own, and when the disk is full.
 * Standard output: the number of deleted entries and emptied folders. Exit codes: 0; 1 if entries are left; 64 for an
 * invalid command line.
 */

const badUsage = 64;
/** Milliseconds for all entries of one folder. */
const limitMs = 20_000;

async function main([user = "", ...folders]: readonly string[]): Promise<number> {
  becomeUser(user);
  process.chdir("/");
  let [removed, left] = [0, 0];
  for (const folder of folders) {
    const done = isOwn(folder) ? await empty(folder) : await removeOwned(folder, limitMs);
    removed += done.removed;
    left += done.left;
  }
  console.log(String(removed));
  if (left > 0) console.error(`${left} entries cannot be deleted`);
  return left > 0 ? 1 : 0;
}

function isOwn(folder: string): boolean {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  return facts?.isDirectory() === true && facts.uid === process.getuid?.();
}

async function empty(folder: string): Promise<RemovedOwned> {
  const leftover = await emptyFolder(folder, { limitMs });
  return leftover === undefined ? { removed: 1, left: 0 } : { removed: 0, left: 1 };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(badUsage);
  },
);
