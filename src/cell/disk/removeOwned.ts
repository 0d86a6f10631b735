import { lstatSync, readdirSync } from "node:fs";
import { removeEntry } from "./remove.ts";

/** The deletion of the files of a user. */
export interface RemovedOwned {
  readonly removed: number;
  /** Entries that could not be deleted. */
  readonly left: number;
}

/** Most levels of folders of other users. */
const mostLevels = 4;
const slash = Buffer.from("/");
const writableForAll = 0o002;

/**
 * Deletes the entries of a shared folder that belong to the user of this process, such as all its files in /tmp. Looks
 * also into folders of other users that everybody may write. Never touches an entry of another user. A missing folder is
 * empty.
 */
export async function removeOwned(folder: string, limitMs: number): Promise<RemovedOwned> {
  const uid = process.getuid?.() ?? 0;
  const deadline = performance.now() + limitMs;
  let removed = 0;
  let left = 0;

  async function visit(path: Buffer, levels: number): Promise<void> {
    for (const name of namesIn(path)) {
      const entry = Buffer.concat([path, slash, name]);
      const facts = lstatSync(entry, { throwIfNoEntry: false });
      if (facts === undefined) continue;
      if (facts.uid === uid) {
        const remains = await removeEntry(entry, { limitMs: Math.max(1, deadline - performance.now()) });
        if (remains === undefined) removed += 1;
        else left += 1;
      } else if (facts.isDirectory() && (facts.mode & writableForAll) !== 0 && levels > 1) {
        await visit(entry, levels - 1);
      }
    }
  }

  await visit(Buffer.from(folder), mostLevels);
  return { removed, left };
}

function namesIn(path: Buffer): readonly Buffer[] {
  try {
    return readdirSync(path, { encoding: "buffer" });
  } catch {
    return [];
  }
}
