import { randomBytes } from "node:crypto";
import { existsSync, rmSync, statfsSync, statSync } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "./clock.ts";

/** Space on a disk that is kept for an emergency. */
export interface Reserve {
  /** Whether the disk has less free space, or fewer free inodes, than twice the reserve. */
  isShort(): boolean;
  /** Gives the space back to the disk. False if there is none. Never throws. */
  release(): boolean;
  /** Takes the space, if the disk has plenty. Never throws. */
  renew(): Promise<void>;
}

/**
 * Bytes of the reserve: a share of the disk, within bounds. The store of a large pool has about 20 MB, and rewrites at
 * most 4 MB of them before a checkpoint.
 */
const share = 1 / 50;
const [leastBytes, mostBytes] = [4 * 2 ** 20, 16 * 2 ** 20];
/** Empty files of the reserve. Each one keeps an inode. */
const inodes = 128;
/** The disk is short below this many times the reserve, and has plenty above. */
const [short, plenty] = [2, 4];
const pieceBytes = 2 ** 20;
const interval = 10_000;

/** The reserve in a folder, which contains nothing else. The parent of the folder must exist. */
export function createReserve(folder: string): Reserve {
  const space = join(folder, "space");
  const inode = (number: number) => join(folder, `inode-${number}`);

  function size(): number {
    const { blocks, bsize } = statfsSync(dirname(folder));
    return Math.min(mostBytes, Math.max(leastBytes, Math.floor(blocks * bsize * share)));
  }

  /** Whether the disk has `times` the reserve. A file system without a number of inodes has enough of them. */
  function has(times: number): boolean {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(folder));
    return bavail * bsize >= times * size() && (files === 0 || ffree >= times * inodes);
  }

  async function take(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let number = 1; number <= inodes; number += 1) await writeFile(inode(number), "");
    await using file = await open(space, "w");
    // Some file systems store zeros without blocks.
    for (let left = size(); left > 0; left -= pieceBytes) await file.write(randomBytes(Math.min(left, pieceBytes)));
  }

  function release(): boolean {
    if (!existsSync(folder)) return false;
    try {
      rmSync(folder, { recursive: true });
    } catch {
      return false;
    }
    return true;
  }

  return {
    isShort: () => !has(short),
    release,
    async renew() {
      try {
        const isTaken = (statSync(space, { throwIfNoEntry: false })?.size ?? 0) >= size() && existsSync(inode(inodes));
        if (!isTaken && has(plenty)) await take();
      } catch {
        release(); // The disk became full meanwhile.
      }
    },
  };
}

/** Takes the reserve now, and again after each emergency, until `signal` aborts. */
export async function keepReserve(reserve: Reserve, clock: Pick<Clock, "sleep">, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await reserve.renew();
    await clock.sleep(interval, signal).catch(() => {});
  }
}
