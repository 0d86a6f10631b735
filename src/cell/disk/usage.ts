import { lstatSync, type Stats } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { closeFolder, entriesOf, entryOf, type Folder, openFolder, readRights } from "./folder.ts";

/** Space that files use: bytes in used blocks, and entries of all kinds. */
export interface Usage {
  readonly bytes: number;
  readonly files: number;
}

/** The end of a measurement. It stops above `most` or after `limitMs`, and the usage is then a lower bound. */
export interface UsageBounds {
  readonly most: Usage;
  readonly limitMs: number;
}

/** Milliseconds of file operations before other work of the process gets a turn. */
const sliceMs = 20;
/** Deepest level that is read. Each level holds two open descriptors. No honest build needs a tenth of it. */
const mostLevels = 300;
/** Size of the blocks that the system counts, whatever the file system. */
const blockBytes = 512;

/**
 * Measures the space of several trees. Never follows a link and never enters another file system. A file with several
 * names counts once, if all its names are in the trees. Run it as the owner: a closed directory is opened for reading. A
 * directory that cannot be read, or on a deep level, counts as empty. Entries may change meanwhile.
 */
export async function measureUsage(tops: readonly string[], bounds: UsageBounds): Promise<Usage> {
  const walk = new Walk(bounds);
  for (const top of tops) await walk.visit(Buffer.from(top), 1);
  return walk.usage();
}

/** Whether one of the values is above its limit. */
export function exceeds(usage: Usage, limit: Usage): boolean {
  return usage.bytes > limit.bytes || usage.files > limit.files;
}

class Walk {
  readonly #bounds: UsageBounds;
  readonly #deadline: number;
  #bytes = 0;
  #files = 0;
  #isOver = false;
  #sliceEnd = performance.now() + sliceMs;

  constructor(bounds: UsageBounds) {
    this.#bounds = bounds;
    this.#deadline = performance.now() + bounds.limitMs;
  }

  usage(): Usage {
    return { bytes: Math.round(this.#bytes), files: this.#files };
  }

  async visit(path: Buffer, level: number): Promise<void> {
    let folder: Folder;
    try {
      folder = openFolder(path, readRights);
    } catch {
      return;
    }
    try {
      for (const { name } of entriesOf(folder)) {
        await this.#pause();
        if (this.#isOver) return;
        const entry = entryOf(folder, name);
        const facts = factsOf(entry);
        if (facts === undefined) continue;
        this.#count(facts);
        if (facts.isDirectory() && facts.dev === folder.device && level < mostLevels)
          await this.visit(entry, level + 1);
      }
    } catch {
      // The build deleted the directory.
    } finally {
      closeFolder(folder);
    }
  }

  #count(facts: Stats): void {
    this.#files += 1;
    const names = facts.isDirectory() ? 1 : Math.max(1, facts.nlink);
    this.#bytes += (facts.blocks * blockBytes) / names;
    this.#isOver ||= exceeds(this.usage(), this.#bounds.most);
  }

  async #pause(): Promise<void> {
    const now = performance.now();
    if (now < this.#sliceEnd) return;
    this.#isOver ||= now > this.#deadline;
    await turn();
    this.#sliceEnd = performance.now() + sliceMs;
  }
}

function factsOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
